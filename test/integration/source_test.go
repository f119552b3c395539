package integration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// The parameters of classes that leave no choice of the source.
var (
	ofGlusterfs = map[string]string{"pvsource": "glusterfs"}
	ofCSI       = map[string]string{"pvsource": "csi"}
)

// installDriver makes the CSIDriver of the node plugin. The whole cluster sees it, so
// it is for tests that have the cluster to themselves.
func installDriver(t *testing.T) {
	t.Helper()
	no, none := false, storagev1.NoneFSGroupPolicy
	driver := &storagev1.CSIDriver{
		ObjectMeta: metav1.ObjectMeta{Name: volume.Driver},
		Spec: storagev1.CSIDriverSpec{
			AttachRequired: &no, PodInfoOnMount: &no, FSGroupPolicy: &none,
			VolumeLifecycleModes: []storagev1.VolumeLifecycleMode{storagev1.VolumeLifecyclePersistent},
		},
	}
	must[*storagev1.CSIDriver](t)(env.client.StorageV1().CSIDrivers().Create(t.Context(), driver, metav1.CreateOptions{}))
	t.Cleanup(func() { removeDriver(t) })
}

func removeDriver(t *testing.T) {
	t.Helper()
	err := env.client.StorageV1().CSIDrivers().Delete(context.Background(), volume.Driver, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
}

// mountsGlusterfs says whether the kubelets of the Kubernetes under test mount the
// source glusterfs.
func mountsGlusterfs(t *testing.T) bool { return !newerThan(t, "1.26") }

// expectSource checks the kind of a PersistentVolume's source.
func expectSource(t *testing.T, pv *v1.PersistentVolume, want volume.Source) {
	t.Helper()
	if got := volume.SourceOf(pv); got != want {
		t.Errorf("PersistentVolume %s has the source %s, want %s", pv.Name, got, want)
	}
}

// expectWarned checks that one event says, with all the texts, that pods cannot use a
// claim's volume; none if there are no texts.
func expectWarned(t *testing.T, claim *v1.PersistentVolumeClaim, texts ...string) {
	t.Helper()
	if len(texts) > 0 {
		waitEvent(t, claim.UID, append(texts, "VolumeNotMountable", "pvc-"+string(claim.UID))...)
	}
	selector := "reason=VolumeNotMountable,involvedObject.uid=" + string(claim.UID)
	list := must[*v1.EventList](t)(env.client.CoreV1().Events(claim.Namespace).List(t.Context(), metav1.ListOptions{FieldSelector: selector}))
	var times int32
	for _, event := range list.Items {
		times += event.Count
	}
	if want := int32(min(len(texts), 1)); times != want {
		t.Errorf("claim %s was warned %d times, want %d: %v", claim.Name, times, want, eventsOf(claim.UID))
	}
}

// TestSourceIsChosen makes claims of classes with each value of pvsource, with and
// without the CSIDriver of the node plugin.
func TestSourceIsChosen(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	auto, glusterfs, csi := newClass(t, p, heketi, nil).Name, newClass(t, p, heketi, ofGlusterfs).Name, newClass(t, p, heketi, ofCSI).Name
	lost, remedy := "no kubelet of Kubernetes 1.26 and newer", "kubectl apply -f deploy/csi/"
	// expect makes a claim, and checks its source and what it is told where glusterfs
	// cannot be mounted.
	expect := func(class string, want volume.Source, texts ...string) {
		t.Helper()
		claim := newClaim(t, namespace, class, "1Gi")
		expectSource(t, waitBound(t, claim), want)
		if mountsGlusterfs(t) && want == volume.Glusterfs {
			texts = nil
		}
		expectWarned(t, claim, texts...)
	}
	expect(auto, volume.Glusterfs, lost, remedy)
	expect(glusterfs, volume.Glusterfs, lost, remedy, "pvsource auto")
	expect(csi, volume.CSI, "CSIDriver glusterfs.csi.gluster.org does not exist", remedy)

	installDriver(t)
	best := volume.CSI
	if mountsGlusterfs(t) {
		best = volume.Glusterfs
	}
	waitChosen(t, namespace, auto, best)
	expect(auto, best)
	expect(glusterfs, volume.Glusterfs, lost, remedy, "pvsource auto")
	expect(csi, volume.CSI)

	removeDriver(t)
	waitChosen(t, namespace, auto, volume.Glusterfs)
	expect(auto, volume.Glusterfs, lost, remedy)
}

// waitChosen makes claims until one's PersistentVolume has that source: the
// provisioner sees the CSIDriver a moment later.
func waitChosen(t *testing.T, namespace, class string, want volume.Source) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		if pv := waitBound(t, newClaim(t, namespace, class, "1Gi")); volume.SourceOf(pv) != want {
			return fmt.Errorf("the source is %s, want %s", volume.SourceOf(pv), want)
		}
		return nil
	})
}

// TestSourceAndAccessModes has claims for one pod alone, which Kubernetes knows only
// for CSI volumes.
func TestSourceAndAccessModes(t *testing.T) {
	if mountsGlusterfs(t) {
		t.Skip("this version of Kubernetes has no ReadWriteOncePod")
	}
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	forOnePod := func(class *storagev1.StorageClass) *v1.PersistentVolumeClaim {
		return newClaim(t, namespace, class.Name, "1Gi", func(claim *v1.PersistentVolumeClaim) {
			claim.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOncePod}
		})
	}
	pv := waitBound(t, forOnePod(newClass(t, p, heketi, ofCSI)))
	if !slices.Equal(pv.Spec.AccessModes, []v1.PersistentVolumeAccessMode{v1.ReadWriteOncePod}) {
		t.Errorf("access modes are %v", pv.Spec.AccessModes)
	}
	for _, parameters := range []map[string]string{nil, ofGlusterfs} {
		claim := forOnePod(newClass(t, p, heketi, parameters))
		waitEvent(t, claim.UID, "ProvisioningFailed", "spec.accessModes has ReadWriteOncePod", "pvsource csi", "kubectl apply -f deploy/csi/")
	}
	if made := volumesIn(t, heketi); len(made) != 1 {
		t.Errorf("heketi has %d volumes, want 1", len(made))
	}
}

// TestSourceChanges changes the source of what is in the making, when everything is
// made but the PersistentVolume. The volume stays, and nothing of the other source
// is left.
func TestSourceChanges(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after map[string]string
		// driver says whether there is a CSIDriver, and was.
		driverBefore, driver bool
		want                 volume.Source
	}{
		{"class made anew for csi", ofGlusterfs, ofCSI, false, false, volume.CSI},
		{"class made anew for glusterfs", ofCSI, ofGlusterfs, true, true, volume.Glusterfs},
		{"plugin installed", nil, nil, false, true, volume.CSI},
		{"plugin removed", nil, nil, true, false, volume.CSI},
	} {
		t.Run(test.name, func(t *testing.T) {
			if mountsGlusterfs(t) && test.before == nil {
				t.Skip("this version of Kubernetes has the choice made for it")
			}
			if test.driverBefore {
				installDriver(t)
			}
			heketi := startHeketi(t, bench.HeketiOptions{})
			p := launch(t, "test.gluster.org/"+unique("p"), fastElection...)
			p.waitLeading(t)
			class := newClass(t, p, heketi, test.before)
			s := &scene{heketi: heketi, namespace: newNamespace(t), class: class.Name}
			allow := refuse(t, "CREATE", "persistentvolumes", s.owns)
			claim := newClaim(t, s.namespace, class.Name, "1Gi")
			waitEvent(t, claim.UID, "ProvisioningFailed", "cannot be saved yet")
			begun := volumesIn(t, heketi)["pvc-"+string(claim.UID)]
			if err := p.Kill(); err != nil {
				t.Fatal(err)
			}

			deleteClass(t, class.Name)
			switch {
			case test.driver && !test.driverBefore:
				installDriver(t)
			case !test.driver && test.driverBefore:
				removeDriver(t)
			}
			newClass(t, p, heketi, test.after, func(anew *storagev1.StorageClass) { anew.Name = class.Name })
			allow()
			p = launch(t, p.name, slices.Concat(fastElection, fastTries)...)
			p.waitLeading(t)
			pv := waitBound(t, claim)
			expectSource(t, pv, test.want)
			if id := volume.IDOf(pv); id != begun.Id || len(volumesIn(t, heketi)) != 1 {
				t.Errorf("the volume is %s, want %s; heketi has %d", id, begun.Id, len(volumesIn(t, heketi)))
			}
			waitJournalEmpty(t, p)
			if test.want == volume.CSI {
				if services, found, err := countEndpoints(t.Context(), s.namespace, ""); services+found > 0 || err != nil {
					t.Errorf("there are %d Services and %d Endpoints, %v", services, found, err)
				}
				waitServers(t, heketi, firstHosts)
			} else {
				waitEndpoints(t, seconds, endpointsOf(pv), firstHosts)
				waitServersGone(t, heketi)
			}
			p.endWell(t)
		})
	}
}

// TestSourceCSIObject compares field by field with what the in-tree plugin wrote: only
// the source differs.
func TestSourceCSIObject(t *testing.T) {
	pv, replace, remove := makeMyClaim(t, ofCSI, func(class *storagev1.StorageClass) { class.MountOptions = []string{"log-level=WARNING"} })
	defer remove()
	from, to := strings.Index(inTreeVolume, "  glusterfs:"), strings.Index(inTreeVolume, "  persistentVolumeReclaimPolicy:")
	inTree := inTreeVolume[:from] + `
  csi:
    driver: glusterfs.csi.gluster.org
    volumeHandle: CLUSTER_ID:VOLUME_ID
    volumeAttributes:
      cluster: CLUSTER_ID
      volume: pvc-UID
      servers: "192.168.10.1,192.168.10.2,192.168.10.3"
  mountOptions: [log-level=WARNING]
` + inTreeVolume[to:]
	for _, difference := range compare(t, shownToInTree(t, inTree), pv, replace) {
		t.Error(difference)
	}
}
