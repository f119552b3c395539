package journal

import (
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

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

// entryText is how entryOf("c1") is written.
const entryText = `claim: apps/c1
endpoints: glusterfs-dynamic-c1
gid: 2147483646
heketiClusters:
- c1
- c2
heketiSecret: storage/heketi.key
heketiURL: https://heketi:8080
heketiUser: admin
persistentVolume: pvc-c1
source: glusterfs
storageClass: slow
volume: dept_apps_c1
`

func TestAnEntrysText(t *testing.T) {
	got, err := entryOf("c1").text()
	if got != entryText || err != nil {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, entryText)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for what, entry := range variants() {
		text, err := entry.text()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if got, err := entryFrom(entry.ClaimUID, text); err != nil || !reflect.DeepEqual(got, entry) {
			t.Errorf("%s: got %+v, %v; want %+v", what, got, err, entry)
		}
	}
}

func TestABrokenEntryIsAnError(t *testing.T) {
	for _, test := range []struct{ line, instead, field string }{
		{"claim: apps/c1\n", "", "claim"},
		{"claim: apps/c1\n", "claim: no-slash\n", "claim"},
		{"claim: apps/c1\n", "claim: apps/\n", "claim"},
		{"claim: apps/c1\n", "claim: /c1\n", "claim"},
		{"persistentVolume: pvc-c1\n", "", "persistentVolume"},
		{"volume: dept_apps_c1\n", "", "volume"},
		{"volume: dept_apps_c1\n", "volume: \"\"\n", "volume"},
		{"source: glusterfs\n", "", "source"},
		{"source: glusterfs\n", "source: nfs\n", "source"},
		{"source: glusterfs\n", "source: CSI\n", "source"},
		{"endpoints: glusterfs-dynamic-c1\n", "", "endpoints"},
		{"heketiURL: https://heketi:8080\n", "", "heketiURL"},
		{"gid: 2147483646\n", "", "gid"},
		{"gid: 2147483646\n", "gid: -1\n", "gid"},
		{"gid: 2147483646\n", "gid: 4294967296\n", "gid"},
		{"gid: 2147483646\n", "gid: many\n", "gid"},
		{"heketiSecret: storage/heketi.key\n", "heketiSecret: no-slash\n", "heketiSecret"},
		{entryText, "", "claim"},
		{entryText, "no mapping", "cannot unmarshal"},
		{entryText, "claim: [", "yaml"},
	} {
		broken := strings.Replace(entryText, test.line, test.instead, 1)
		if broken == entryText {
			t.Fatalf("%q is not in the text", test.line)
		}
		entry, err := entryFrom("c1", broken)
		if err == nil {
			t.Errorf("%q in place of %q: got entry %+v, want an error", test.instead, test.line, entry)
		} else if !strings.Contains(err.Error(), test.field) {
			t.Errorf("%q in place of %q: got error %q, want one that names %s", test.instead, test.line, err, test.field)
		}
	}
}

// FuzzEntryFrom reads what a person may have typed. What is accepted is written and read
// again as the same.
func FuzzEntryFrom(f *testing.F) {
	f.Add(entryText)
	f.Add("claim: apps/c1\ngid: 0\nheketiURL: h\npersistentVolume: p\nsource: csi\nvolume: v\n")
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		entry, err := entryFrom("c1", text)
		if err != nil {
			return
		}
		again, err := entry.text()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := entryFrom("c1", again); err != nil || !reflect.DeepEqual(got, entry) {
			t.Errorf("got %+v, %v; want %+v", got, err, entry)
		}
	})
}
