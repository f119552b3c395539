package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestParametersReachHeketi makes a volume for each parameter and looks at what
// heketi recorded.
func TestParametersReachHeketi(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{NodesPerCluster: 12, Clusters: 2})
	p := startProvisioner(t)
	namespace := newNamespace(t)

	for _, test := range []struct {
		name       string
		parameters map[string]string
		size       string
		check      func(claim *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error
	}{
		{"defaults", nil, "1Gi", func(claim *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Size != 1 || volume.Durability.Type != api.DurabilityReplicate || volume.Durability.Replicate.Replica != 3 ||
				volume.Gid < 2000 || !volume.Snapshot.Enable || volume.Snapshot.Factor != 1 || volume.Name != "pvc-"+string(claim.UID), volume)
		}},
		{"size is rounded up", nil, "1025Mi", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Size != 2, volume)
		}},
		{"one byte", nil, "1", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Size != 1, volume)
		}},
		{"gidMin and gidMax", map[string]string{"gidMin": "41000", "gidMax": "41010"}, "1Gi", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Gid != 41000, volume)
		}},
		{"keys in any case", map[string]string{"GIDMIN": "42000", "VolumeType": "replicate:2"}, "1Gi", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Gid != 42000 || volume.Durability.Replicate.Replica != 2, volume)
		}},
		{"volumetype replicate", map[string]string{"volumetype": "replicate"}, "1Gi", replicas(3)},
		{"volumetype replicate:2", map[string]string{"volumetype": "replicate:2"}, "1Gi", replicas(2)},
		{"volumetype replicate:3", map[string]string{"volumetype": "replicate:3"}, "1Gi", replicas(3)},
		{"volumetype none", map[string]string{"volumetype": "none"}, "1Gi", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Durability.Type != api.DurabilityDistributeOnly || len(volume.Bricks) != 1, volume)
		}},
		{"volumetype disperse:2:1", map[string]string{"volumetype": "disperse:2:1"}, "4Gi", disperse(2, 1)},
		{"volumetype disperse:4:2", map[string]string{"volumetype": "disperse:4:2"}, "4Gi", disperse(4, 2)},
		{"volumetype disperse:8:3", map[string]string{"volumetype": "disperse:8:3"}, "8Gi", disperse(8, 3)},
		{"volumetype disperse:8:4", map[string]string{"volumetype": "disperse:8:4"}, "8Gi", disperse(8, 4)},
		{"volumeoptions", map[string]string{"volumeoptions": "performance.cache-size 64MB , client.ssl on"}, "1Gi", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(!slices.Contains(volume.GlusterVolumeOptions, "performance.cache-size 64MB") || !slices.Contains(volume.GlusterVolumeOptions, "client.ssl on"), volume)
		}},
		{"volumenameprefix", map[string]string{"volumenameprefix": "team-a"}, "1Gi", func(claim *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Name != fmt.Sprintf("team-a_%s_%s_%s", claim.Namespace, claim.Name, claim.UID), volume)
		}},
		{"snapfactor", map[string]string{"snapfactor": "2.5"}, "1Gi", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Snapshot.Factor != 2.5 || !volume.Snapshot.Enable, volume)
		}},
		{"clusterid", map[string]string{"clusterid": heketi.Clusters()[1]}, "1Gi", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Cluster != heketi.Clusters()[1], volume)
		}},
		{"clusterid list", map[string]string{"clusterid": " " + heketi.Clusters()[1] + " , " + heketi.Clusters()[0]}, "1Gi", func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
			return errorIf(volume.Cluster != heketi.Clusters()[1], volume)
		}},
		{"trailing slash", map[string]string{"resturl": heketi.URL() + "/"}, "1Gi", replicas(3)},
		{"former provisioner's", map[string]string{"smartclone": "false", "gidallocate": "true"}, "1Gi", replicas(3)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			class := newClass(t, p, heketi, test.parameters)
			claim := newClaim(t, namespace, class.Name, test.size)
			pv := waitBound(t, claim)
			volume, ok := volumesIn(t, heketi)[pv.Spec.Glusterfs.Path]
			if !ok {
				t.Fatalf("heketi has no volume %q", pv.Spec.Glusterfs.Path)
			}
			if err := test.check(claim, volume); err != nil {
				t.Error(err)
			}
			checkAgrees(t, pv, volume)
		})
	}
}

func errorIf(wrong bool, volume api.VolumeInfoResponse) error {
	if wrong {
		return fmt.Errorf("heketi recorded %+v", volume.VolumeInfo)
	}
	return nil
}

func replicas(count int) func(*v1.PersistentVolumeClaim, api.VolumeInfoResponse) error {
	return func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
		return errorIf(volume.Durability.Type != api.DurabilityReplicate || volume.Durability.Replicate.Replica != count || len(volume.Bricks) != count, volume)
	}
}

func disperse(data, redundancy int) func(*v1.PersistentVolumeClaim, api.VolumeInfoResponse) error {
	return func(_ *v1.PersistentVolumeClaim, volume api.VolumeInfoResponse) error {
		d := volume.Durability.Disperse
		return errorIf(volume.Durability.Type != api.DurabilityEC || d.Data != data || d.Redundancy != redundancy || len(volume.Bricks) != data+redundancy, volume)
	}
}

// checkAgrees compares a PersistentVolume with heketi's volume.
func checkAgrees(t *testing.T, pv *v1.PersistentVolume, inHeketi api.VolumeInfoResponse) {
	t.Helper()
	if want := volume.GiB(inHeketi.Size); pv.Spec.Capacity.Storage().Cmp(want) != 0 {
		t.Errorf("capacity is %v, heketi made %v", pv.Spec.Capacity.Storage(), want.String())
	}
	for annotation, want := range map[string]string{
		volume.AnnotationGID:       fmt.Sprint(inHeketi.Gid),
		volume.AnnotationVolumeID:  inHeketi.Id,
		volume.AnnotationClusterID: inHeketi.Cluster,
	} {
		if got := pv.Annotations[annotation]; got != want {
			t.Errorf("annotation %s is %q, heketi has %q", annotation, got, want)
		}
	}
}

// TestClassFieldsAreHonored covers what a class says outside of its parameters.
func TestClassFieldsAreHonored(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)

	class := newClass(t, p, heketi, map[string]string{"customepnameprefix": "shared"}, func(class *storagev1.StorageClass) {
		retain := v1.PersistentVolumeReclaimRetain
		class.ReclaimPolicy = &retain
		class.MountOptions = []string{"log-level=WARNING", "ro"}
		class.AllowedTopologies = []v1.TopologySelectorTerm{{MatchLabelExpressions: []v1.TopologySelectorLabelRequirement{{Key: "zone", Values: []string{"a"}}}}}
	})
	claim := newClaim(t, namespace, class.Name, "1Gi")
	pv := waitBound(t, claim)
	if pv.Spec.PersistentVolumeReclaimPolicy != v1.PersistentVolumeReclaimRetain {
		t.Errorf("reclaim policy is %s", pv.Spec.PersistentVolumeReclaimPolicy)
	}
	if got := strings.Join(pv.Spec.MountOptions, " "); got != "log-level=WARNING ro" {
		t.Errorf("mount options are %q", got)
	}
	if want := "shared-" + string(claim.UID); pv.Spec.Glusterfs.EndpointsName != want {
		t.Errorf("Endpoints are %q, want %q", pv.Spec.Glusterfs.EndpointsName, want)
	}
	waitEvent(t, claim.UID, "TopologyIgnored", "allowedTopologies")
}
