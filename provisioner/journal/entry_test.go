package journal

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apimachinery/pkg/util/validation"

	"glusterfs-provisioner/provisioner/volume"
)

// entryOf is what is noted for the claim of that name; its UID is the name, too.
func entryOf(claim string) Entry {
	return Entry{
		Claim:            types.NamespacedName{Namespace: "apps", Name: claim},
		ClaimUID:         types.UID(claim),
		PersistentVolume: "pvc-" + claim,
		Class:            "slow",
		Volume:           "dept_apps_" + claim,
		GID:              2147483646,
		Heketi: volume.Heketi{
			URL:    "https://heketi:8080",
			User:   "admin",
			Secret: &volume.SecretRef{Namespace: "storage", Name: "heketi.key"},
		},
		HeketiClusters: []string{"c1", "c2"},
		Source:         volume.Glusterfs,
		Endpoints:      "glusterfs-dynamic-" + claim,
	}
}

// variants are entries whose heketis are reached in all the ways there are, and
// that are mounted in all the ways there are.
func variants() map[string]Entry {
	inClass, open, poor, sharing, unlisted := entryOf("c1"), entryOf("c1"), entryOf("c1"), entryOf("c1"), entryOf("c1")
	inClass.Heketi = volume.Heketi{URL: "http://heketi:8080", User: "admin", KeyInClass: true}
	open.Heketi = volume.Heketi{URL: "http://[::1]:8080"}
	poor.Class, poor.GID = "", 0
	sharing.Endpoints, sharing.SharesEndpoints = "", true
	unlisted.HeketiClusters = nil
	csi := entryOf("c1")
	csi.Source, csi.Endpoints = volume.CSI, ""
	return map[string]Entry{
		"key in a Secret":     entryOf("c1"),
		"key in the class":    inClass,
		"no authentication":   open,
		"no class and no GID": poor,
		"shared Endpoints":    sharing,
		"no list of clusters": unlisted,
		"csi":                 csi,
	}
}

func TestAnEntrysConfigMap(t *testing.T) {
	got := entryOf("c1").configMap(provisioner)
	want := &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name:   "claim-c1-" + labelOf("gluster.org/glusterfs"),
			Labels: map[string]string{"gluster.org/journal-of": labelOf("gluster.org/glusterfs")},
		},
		Data: map[string]string{
			"provisioner":      "gluster.org/glusterfs",
			"claim":            "apps/c1",
			"claimUID":         "c1",
			"persistentVolume": "pvc-c1",
			"storageClass":     "slow",
			"volume":           "dept_apps_c1",
			"gid":              "2147483646",
			"source":           "glusterfs",
			"endpoints":        "glusterfs-dynamic-c1",
			"heketiURL":        "https://heketi:8080",
			"heketiUser":       "admin",
			"heketiSecret":     "storage/heketi.key",
			"heketiClusters":   "c1,c2",
		},
	}
	if !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("it differs from what is wanted:\n%s", diff.ObjectReflectDiff(got, want))
	}
}

// Whatever may be a provisioner's name must do for the label.
func TestTheLabelHoldsEveryProvisionersName(t *testing.T) {
	for _, name := range []string{
		"gluster.org/glusterfs",
		"glusterfs",
		"example.com/Gluster_FS.2",
		"storage.glusterfs.team-a.clusters.example-corporation.internal/glusterfs",
		strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "/" + strings.Repeat("c", 63),
	} {
		if said := validation.IsQualifiedName(name); len(said) > 0 {
			t.Errorf("%q is no provisioner's name: %s", name, said)
		}
		value := labelOf(name)
		if said := validation.IsValidLabelValue(value); len(said) > 0 {
			t.Errorf("provisioner %q: the API server refuses the label %q: %s", name, value, said)
		}
	}
}

// Provisioners that knew one source only noted none.
func TestAnEntryWithoutASource(t *testing.T) {
	configMap := entryOf("c1").configMap(provisioner)
	delete(configMap.Data, "source")
	if got, err := entryFrom(configMap); err != nil || got.Source != volume.Glusterfs {
		t.Errorf("got %+v, %v; want source glusterfs", got, err)
	}
}

func TestABrokenConfigMapIsAnError(t *testing.T) {
	const absent = "(absent)"
	for _, test := range []struct{ key, value string }{
		{"claim", absent},
		{"claim", "no-slash"},
		{"claim", "apps/"},
		{"claim", "/c1"},
		{"claimUID", absent},
		{"claimUID", ""},
		{"persistentVolume", absent},
		{"volume", absent},
		{"source", "nfs"},
		{"source", "CSI"},
		{"endpoints", absent},
		{"heketiURL", absent},
		{"gid", absent},
		{"gid", ""},
		{"gid", "-1"},
		{"gid", "4294967296"},
		{"gid", "many"},
		{"heketiSecret", ""},
		{"heketiSecret", "no-slash"},
	} {
		configMap := entryOf("c1").configMap(provisioner)
		configMap.Data[test.key] = test.value
		if test.value == absent {
			delete(configMap.Data, test.key)
		}
		entry, err := entryFrom(configMap)
		if err == nil {
			t.Errorf("key %s %q: got entry %+v, want an error", test.key, test.value, entry)
		} else if !strings.Contains(err.Error(), "key "+test.key) {
			t.Errorf("key %s %q: got error %q, want one that names the key", test.key, test.value, err)
		}
	}
}
