package integration

import (
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// TestRefusedClaims makes claims that no volume of ours can serve. Each gets an
// event that names the field and what would do, and has no side effect.
func TestRefusedClaims(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)
	group := "snapshot.storage.k8s.io"

	t.Run("group", func(t *testing.T) {
		for name, test := range map[string]struct {
			change func(*v1.PersistentVolumeClaim)
			event  []string
			// unknownTo is a version of Kubernetes that refuses it by itself.
			unknownTo bench.Kubernetes
		}{
			"selector": {func(claim *v1.PersistentVolumeClaim) {
				claim.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
			}, []string{"ProvisioningFailed", "spec.selector", "remove the selector"}, ""},
			"dataSource": {func(claim *v1.PersistentVolumeClaim) {
				claim.Spec.DataSource = &v1.TypedLocalObjectReference{APIGroup: &group, Kind: "VolumeSnapshot", Name: "yesterday"}
			}, []string{"ProvisioningFailed", "spec.dataSource", `VolumeSnapshot "yesterday"`}, ""},
			"dataSourceRef": {func(claim *v1.PersistentVolumeClaim) {
				claim.Spec.DataSourceRef = &v1.TypedObjectReference{Kind: "PersistentVolumeClaim", Name: "other"}
			}, []string{"ProvisioningFailed", "spec.dataSource", `PersistentVolumeClaim "other"`}, ""},
			"block": {func(claim *v1.PersistentVolumeClaim) {
				block := v1.PersistentVolumeBlock
				claim.Spec.VolumeMode = &block
			}, []string{"ProvisioningFailed", "spec.volumeMode is Block", "use Filesystem"}, ""},
			"ReadWriteOncePod": {func(claim *v1.PersistentVolumeClaim) {
				claim.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOncePod}
			}, []string{"ProvisioningFailed", "spec.accessModes has ReadWriteOncePod", "ReadWriteMany", "pvsource csi"}, "1.25.0"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if env.cluster.Kubernetes() == test.unknownTo {
					mustBeInvalid(t, claimOf(namespace, class.Name, "1Gi"), test.change)
					return
				}
				claim := newClaim(t, namespace, class.Name, "1Gi", test.change)
				waitEvent(t, claim.UID, test.event...)
			})
		}
	})
	waitNothingLeft(t, heketi, namespace)
	waitJournalEmpty(t, p)
}

// TestAttributesClassIsRefused makes a claim that Kubernetes would bind only to a
// PersistentVolume with the same VolumeAttributesClass. This client's claims have no such
// field.
func TestAttributesClassIsRefused(t *testing.T) {
	if !newerThan(t, "1.34") {
		t.Skip("claims of this version of Kubernetes have no such field unless it is switched on")
	}
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)
	const manifest = `{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "gold", "namespace": "%s"}, "spec": {
		"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}},
		"storageClassName": "%s", "volumeAttributesClassName": "gold"}}`
	must[[]byte](t)(env.cluster.Script(t.Context(), "sh", "-c", "kubectl create -f - <<'end'\n"+fmt.Sprintf(manifest, namespace, class.Name)+"\nend"))
	claim := must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(namespace).Get(t.Context(), "gold", metav1.GetOptions{}))
	waitEvent(t, claim.UID, "ProvisioningFailed", "spec.volumeAttributesClassName", `"gold"`, "remove it")
	waitNothingLeft(t, heketi, namespace)
	waitJournalEmpty(t, p)
}

// TestRefusedMountOptions makes classes whose mount options would lead out of the volume, or
// with which no pod could mount it. The event names the class, the option and what to do, and
// has no side effect. When the class is corrected, the claim gets its volume.
func TestRefusedMountOptions(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	for _, source := range []map[string]string{ofCSI, {"pvsource": "glusterfs"}} {
		for option, event := range map[string][]string{
			"subdir-mount=../../elsewhere": {`"subdir-mount=../../elsewhere"`, "want no . and .."},
			"dump-fuse=/etc/cron.d/x":      {`"dump-fuse=/etc/cron.d/x"`, "leave it out"},
			"log-file=/etc/../x":           {`"log-file=/etc/../x"`, "want no . and .."},
			"transport=unix":               {`"transport=unix"`, "want tcp"},
		} {
			class := newClass(t, p, heketi, source, func(class *storagev1.StorageClass) { class.MountOptions = []string{"noatime", option} })
			claim := newClaim(t, namespace, class.Name, "1Gi")
			waitEvent(t, claim.UID, append(event, "ProvisioningFailed", class.Name, "mountOptions")...)
		}
	}
	waitNothingLeft(t, heketi, namespace)
	waitJournalEmpty(t, p)

	class := newClass(t, p, heketi, ofCSI, func(class *storagev1.StorageClass) { class.MountOptions = []string{"volume-id=other"} })
	claim := newClaim(t, namespace, class.Name, "1Gi")
	waitEvent(t, claim.UID, "ProvisioningFailed", `"volume-id=other"`)
	class = must[*storagev1.StorageClass](t)(env.client.StorageV1().StorageClasses().Get(t.Context(), class.Name, metav1.GetOptions{}))
	class.MountOptions = []string{"defaults", "_netdev", "acl", "transport=tcp"}
	must[*storagev1.StorageClass](t)(env.client.StorageV1().StorageClasses().Update(t.Context(), class, metav1.UpdateOptions{}))
	pv := waitBound(t, claim)
	if got := strings.Join(pv.Spec.MountOptions, " "); got != "defaults _netdev acl transport=tcp" {
		t.Errorf("mount options are %q", got)
	}
}

// TestZeroRequestIsRefusedByKubernetes shows who refuses a request of nothing:
// the API server, so that such a claim never reaches a provisioner.
func TestZeroRequestIsRefusedByKubernetes(t *testing.T) {
	mustBeInvalid(t, claimOf(newNamespace(t), "any", "1Gi"), func(claim *v1.PersistentVolumeClaim) {
		claim.Spec.Resources.Requests[v1.ResourceStorage] = resource.MustParse("0")
	})
}

// mustBeInvalid checks that Kubernetes does not take the changed claim.
func mustBeInvalid(t *testing.T, claim *v1.PersistentVolumeClaim, change func(*v1.PersistentVolumeClaim)) {
	t.Helper()
	change(claim)
	_, err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Create(t.Context(), claim, metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) {
		t.Errorf("got error %v, want that the claim is invalid", err)
	}
}

// TestRefusedParameters makes classes with a bad parameter each. The event names
// the parameter, the value and what would be accepted.
func TestRefusedParameters(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)

	t.Run("group", func(t *testing.T) {
		for name, test := range map[string]struct {
			parameters map[string]string
			event      []string
		}{
			"no resturl":              {map[string]string{"resturl": ""}, []string{"resturl"}},
			"resturl with a path":     {map[string]string{"resturl": heketi.URL() + "/heketi"}, []string{"resturl", "/heketi", "path"}},
			"resturl with user":       {map[string]string{"resturl": "http://admin:hidden@heketi:8080"}, []string{"resturl"}},
			"restauthenabled":         {map[string]string{"restauthenabled": "maybe"}, []string{"restauthenabled", `"maybe"`, "true"}},
			"half a Secret":           {map[string]string{"secretName": "only"}, []string{"secretNamespace"}},
			"two Secrets":             {map[string]string{"secretName": "a", "secretNamespace": "b", "restsecretname": "c", "restsecretnamespace": "b"}, []string{"restsecretname"}},
			"clusterid":               {map[string]string{"clusterid": "a;b"}, []string{"clusterid", "a;b"}},
			"gidMin too low":          {map[string]string{"gidMin": "1999"}, []string{"gidMin", `"1999"`, "2000"}},
			"gidMax too high":         {map[string]string{"gidMax": "2147483648"}, []string{"gidMax", `"2147483648"`, "2147483646"}},
			"gidMin above gidMax":     {map[string]string{"gidMin": "5000", "gidMax": "4000"}, []string{"gidM", "5000", "4000"}},
			"volumetype":              {map[string]string{"volumetype": "replicate:4"}, []string{"volumetype", `"replicate:4"`, "replicate:3", "disperse:4:2"}},
			"volumeoptions":           {map[string]string{"volumeoptions": "a b; reboot"}, []string{"volumeoptions", "reboot"}},
			"volumenameprefix":        {map[string]string{"volumenameprefix": "a_b"}, []string{"volumenameprefix", `"a_b"`}},
			"snapfactor":              {map[string]string{"snapfactor": "0.5"}, []string{"snapfactor", `"0.5"`, "100"}},
			"customepnameprefix":      {map[string]string{"customepnameprefix": "1abc"}, []string{"customepnameprefix", `"1abc"`}},
			"pvsource":                {map[string]string{"pvsource": "nfs"}, []string{"pvsource", `"nfs"`, "csi", "auto"}},
			"smartclone":              {map[string]string{"smartclone": "true"}, []string{"smartclone", `"true"`}},
			"gidallocate":             {map[string]string{"gidallocate": "false"}, []string{"gidallocate", `"false"`}},
			"unknown":                 {map[string]string{"resturi": "x"}, []string{"resturi", "resturl"}},
			"same key twice":          {map[string]string{"ClusterID": "a", "clusterid": "a"}, []string{"clusterid"}},
			"several are all named":   {map[string]string{"gidMin": "1", "volumetype": "raid", "snapfactor": "x"}, []string{"gidMin", "volumetype", "snapfactor"}},
			"heketi knows no cluster": {map[string]string{"clusterid": "0123456789abcdef0123456789abcdef"}, []string{"Cluster id 0123456789abcdef0123456789abcdef not found"}},
			"heketi's minimum size":   {map[string]string{"volumetype": "disperse:4:2"}, []string{"smaller than the minimum supported volume size"}},
			"Secret does not exist":   {map[string]string{"secretName": "nowhere", "secretNamespace": namespace}, []string{"cannot read Secret " + namespace + "/nowhere", "not found"}},
			"heketi does not answer":  {map[string]string{"resturl": "http://127.0.0.1:1"}, []string{"unavailable", "connection refused", "http://127.0.0.1:1"}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				class := newClass(t, p, heketi, test.parameters)
				claim := newClaim(t, namespace, class.Name, "1Gi")
				waitEvent(t, claim.UID, append(test.event, "ProvisioningFailed")...)
				for _, event := range eventsOf(claim.UID) {
					if len(event) > 1024 {
						t.Errorf("an event has %d characters", len(event))
					}
				}
			})
		}
	})
	waitNothingLeft(t, heketi, namespace)
	waitJournalEmpty(t, p)
}
