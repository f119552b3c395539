package audit

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// everything has a finding of every kind, volumes that are none, and a heketi
// that could not be asked.
func everything() ([]Inventory, Known) {
	third := Inventory{Heketi: "http://heketi-3:8080", Err: errors.New("heketi http://heketi-3:8080: cannot list its volumes: unavailable:\tconnection\nrefused")}
	return []Inventory{
			third,
			has(
				theVolume(func(v *Volume) { v.SizeGiB = 4 }),
				otherVolume(gidOf(2000)),
				Volume{ID: "v0", Name: "heketidbstorage", Cluster: "c1", SizeGiB: 2},
				Volume{ID: "v3", Name: "pvc-11111111-1111-4111-8111-111111111111", Cluster: "c1", SizeGiB: 3, Pending: true},
				Volume{ID: "v4", Name: "vol_v4", Cluster: "c1", SizeGiB: 3},
			),
			{Heketi: otherURL, Clusters: []string{"c8"}},
		}, persistentVolumes(
			thePV(),
			thePV(annotated(volume.AnnotationVolumeID, "v8"), annotated(volume.AnnotationURL, otherURL), named("pvc-88888888-8888-4888-8888-888888888888")),
			thePV(annotated(volume.AnnotationVolumeID, ""), named("pvc-99999999-9999-4999-8999-999999999999")),
		)
}

func named(name string) func(*v1.PersistentVolume) {
	return func(pv *v1.PersistentVolume) { pv.Name, pv.Spec.Glusterfs.Path = name, name }
}

const wantTable = `
KIND          VOLUME                                    ID  CLUSTER  SIZE   GID   PERSISTENTVOLUME                          HEKETI                DETAIL
lost          pvc-88888888-8888-4888-8888-888888888888  v8  c1       5 GiB  2000  pvc-88888888-8888-4888-8888-888888888888  http://heketi-2:8080  heketi knows neither the volume nor its cluster c1, so this is another or an empty heketi; bring back the heketi or the database that made the volume
disagreement  pvc-cff15b42-70d4-4125-875c-d2171926e4a2  v1  c1       4 GiB  2000  pvc-cff15b42-70d4-4125-875c-d2171926e4a2  http://heketi:8080    size: PersistentVolume 5Gi, heketi 4Gi
unreadable    pvc-99999999-9999-4999-8999-999999999999  -   c1       0 GiB  0     pvc-99999999-9999-4999-8999-999999999999  http://heketi:8080    annotation gluster.org/heketi-volume-id is missing: it says which volume in which heketi this is; set it again with kubectl annotate
shared-gid    pvc-0b1d7a52-0f41-11e9-8eb2-f2801f1b9fd1  v2  c1       7 GiB  2000  -                                         http://heketi:8080    GID 2000 is also that of pvc-cff15b42-70d4-4125-875c-d2171926e4a2 (id v1)
shared-gid    pvc-cff15b42-70d4-4125-875c-d2171926e4a2  v1  c1       4 GiB  2000  pvc-cff15b42-70d4-4125-875c-d2171926e4a2  http://heketi:8080    GID 2000 is also that of pvc-0b1d7a52-0f41-11e9-8eb2-f2801f1b9fd1 (id v2)
orphan        pvc-0b1d7a52-0f41-11e9-8eb2-f2801f1b9fd1  v2  c1       7 GiB  2000  -                                         http://heketi:8080    there is neither a PersistentVolume of it nor claim 0b1d7a52-0f41-11e9-8eb2-f2801f1b9fd1 nor a journal entry; "glusterfs-provisioner pv" makes a PersistentVolume of it; if no other Kubernetes cluster uses this heketi, and nobody keeps the data on purpose, delete it
http://heketi-3:8080 could not be asked: heketi http://heketi-3:8080: cannot list its volumes: unavailable: connection refused
findings: 6 (1 lost, 1 disagreement, 1 unreadable, 2 shared-gid, 1 orphan); heketis asked: 2 of 3; volumes: 5, of which with other names: 2, being made or deleted: 1
`

func expectTable(t *testing.T, report Report, want string) {
	t.Helper()
	var got strings.Builder
	if err := report.WriteTable(&got); err != nil {
		t.Fatal(err)
	}
	if want = strings.TrimPrefix(want, "\n"); got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestTable(t *testing.T) {
	expectTable(t, Compare(everything()), wantTable)
}

func TestTableOfNothing(t *testing.T) {
	clean := Compare([]Inventory{has(theVolume(), Volume{ID: "v0", Name: "heketidbstorage"})}, persistentVolumes(thePV()))
	expectTable(t, clean, `
nothing found
findings: 0; heketis asked: 1 of 1; volumes: 2, of which with other names: 1, being made or deleted: 0
`)
	expectTable(t, Compare(nil, Known{}), `
nothing found
findings: 0; heketis asked: 0 of 0; volumes: 0, of which with other names: 0, being made or deleted: 0
`)
	expectTable(t, Compare([]Inventory{{Heketi: url, Err: errors.New("refused")}}, Known{}), `
http://heketi:8080 could not be asked: refused
findings: 0; heketis asked: 0 of 1; volumes: 0, of which with other names: 0, being made or deleted: 0
`)
}

func TestTableLeavesOutWhatTricksATerminal(t *testing.T) {
	var got strings.Builder
	report := Report{Findings: []Finding{{Kind: Lost, Volume: "a\tb\nc\x1b[31m\u202e", Detail: "\r"}}}
	if err := report.WriteTable(&got); err != nil {
		t.Fatal(err)
	}
	if text := got.String(); strings.ContainsAny(text, "\t\r\x1b\u202e") || strings.Count(text, "\n") != 3 {
		t.Errorf("got %q, want three plain lines", text)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestTableReportsWhatCannotBeWritten(t *testing.T) {
	if err := (Report{}).WriteTable(fullDisk{}); err == nil {
		t.Error("got no error")
	}
}

const wantJSON = `{
  "heketis": [
    {
      "url": "http://heketi-2:8080",
      "volumes": 0,
      "pending": 0,
      "other": 0,
      "failure": "refused"
    },
    {
      "url": "http://heketi:8080",
      "volumes": 2,
      "pending": 0,
      "other": 1
    }
  ],
  "findings": [
    {
      "kind": "disagreement",
      "heketi": "http://heketi:8080",
      "volume": "pvc-cff15b42-70d4-4125-875c-d2171926e4a2",
      "id": "v1",
      "cluster": "c1",
      "sizeGiB": 4,
      "gid": 2000,
      "persistentVolume": "pvc-cff15b42-70d4-4125-875c-d2171926e4a2",
      "detail": "size: PersistentVolume 5Gi, heketi 4Gi"
    }
  ]
}`

func TestJSON(t *testing.T) {
	report := Compare([]Inventory{
		has(theVolume(func(v *Volume) { v.SizeGiB = 4 }), Volume{ID: "v0", Name: "heketidbstorage"}),
		{Heketi: otherURL, Err: errors.New("refused")},
	}, persistentVolumes(thePV()))
	expectJSON(t, report, wantJSON)
	expectJSON(t, Compare(nil, Known{}), "{\n  \"heketis\": [],\n  \"findings\": []\n}")
}

func expectJSON(t *testing.T, report Report, want string) {
	t.Helper()
	got, err := json.MarshalIndent(report, "", "  ")
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func TestTheOrderOfNothingMatters(t *testing.T) {
	inventories, known := everything()
	// Two PersistentVolumes that stand for the same volume, too.
	known.PersistentVolumes = append(known.PersistentVolumes, thePV(func(pv *v1.PersistentVolume) { pv.Name = "a-second" }))
	want := Compare(inventories, known)
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		random.Shuffle(len(inventories), func(i, j int) { inventories[i], inventories[j] = inventories[j], inventories[i] })
		for _, inventory := range inventories {
			random.Shuffle(len(inventory.Volumes), func(i, j int) {
				inventory.Volumes[i], inventory.Volumes[j] = inventory.Volumes[j], inventory.Volumes[i]
			})
		}
		random.Shuffle(len(known.PersistentVolumes), func(i, j int) {
			known.PersistentVolumes[i], known.PersistentVolumes[j] = known.PersistentVolumes[j], known.PersistentVolumes[i]
		})
		if got := Compare(inventories, known); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	}
}
