package heketi

import (
	"context"
	"reflect"
	"testing"
)

// aDump is what heketi 10.3 answers, shortened.
const aDump = `{
    "clusterentries": {
        "c2": {"Info": {"id": "c2", "nodes": ["n3"], "volumes": [], "block": true, "file": true, "blockvolumes": []}},
        "c1": {"Info": {"id": "c1", "nodes": ["n1", "n2"], "volumes": ["v1", "v2", "v3"], "block": true, "file": true, "blockvolumes": []}}
    },
    "volumeentries": {
        "v2": {
            "Info": {
                "size": 5, "name": "pvc-2", "gid": 2001,
                "durability": {"type": "replicate", "replicate": {"replica": 3}, "disperse": {}},
                "snapshot": {"enable": true, "factor": 1}, "id": "v2", "cluster": "c1",
                "mount": {"glusterfs": {"hosts": ["192.168.10.1", "gluster-2"], "device": "192.168.10.1:pvc-2", "options": {}}}, "blockinfo": {}
            },
            "Bricks": ["b1", "b2", "b3"], "GlusterVolumeOptions": null, "Pending": {"Id": ""}
        },
        "v3": {
            "Info": {"size": 6, "name": "pvc-3", "gid": 2002, "durability": {"type": "disperse", "replicate": {}, "disperse": {"data": 4, "redundancy": 2}}, "id": "v3", "cluster": "c1", "mount": {"glusterfs": {"hosts": null, "device": "", "options": null}}},
            "Bricks": [], "GlusterVolumeOptions": [], "Pending": {"Id": "op-77"}
        },
        "v1": {
            "Info": {"size": 2, "name": "heketidbstorage", "durability": {"type": "none"}, "id": "v1", "cluster": "c1", "mount": {"glusterfs": {"hosts": null}}},
            "Bricks": [], "Pending": {"Id": ""}
        }
    },
    "brickentries": {}, "nodeentries": {}, "deviceentries": {}, "blockvolumeentries": {}, "dbattributeentries": {},
    "pendingoperations": {"op-77": {"Id": "op-77"}}
}`

func TestInventory(t *testing.T) {
	s := play(t, answers{dumpIt: {body(aDump)}})
	got, err := s.connect(patient()).Inventory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := Inventory{
		Clusters: []string{"c1", "c2"},
		Volumes: []Listed{
			{ID: "v1", Name: "heketidbstorage", Cluster: "c1", SizeGiB: 2},
			{ID: "v2", Name: "pvc-2", Cluster: "c1", SizeGiB: 5, GID: 2001},
			{ID: "v3", Name: "pvc-3", Cluster: "c1", SizeGiB: 6, GID: 2002, Pending: true},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	s.expectRequests(dumpIt)
}

func TestInventoryOfAnEmptyHeketi(t *testing.T) {
	s := play(t, answers{dumpIt: {jsonOf(map[string]any{"clusterentries": map[string]any{}, "volumeentries": map[string]any{}})}})
	got, err := s.connect(patient()).Inventory(context.Background())
	if err != nil || len(got.Volumes)+len(got.Clusters) > 0 {
		t.Errorf("got %+v, %v; want nothing and no error", got, err)
	}
}

func TestInventoryReportsWhatIsBroken(t *testing.T) {
	for what, test := range brokenReads {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{dumpIt: {test.answer}})
			got, err := s.connect(patient()).Inventory(context.Background())
			expectError(t, err, test.kind, certain, "list its volumes", test.said)
			if !reflect.DeepEqual(got, Inventory{}) {
				t.Errorf("got %+v next to the error, want nothing", got)
			}
		})
	}
}

// What is missing in an inventory is taken for lost, so a part of a dump will not
// do.
func TestInventoryReportsWhatIsNoDump(t *testing.T) {
	for what, text := range map[string]string{
		"null":                     `null`,
		"an empty object":          `{}`,
		"no volumes":               `{"clusterentries": {}}`,
		"volumes that are null":    `{"clusterentries": {}, "volumeentries": null}`,
		"no clusters":              `{"volumeentries": {}}`,
		"clusters that are null":   `{"clusterentries": null, "volumeentries": {}}`,
		"clusters that are a list": `{"clusterentries": ["c1"], "volumeentries": {}}`,
		"two of them":              `{"clusterentries": {}, "volumeentries": {}} {}`,
		"a page behind it":         `{"clusterentries": {}, "volumeentries": {}}<html>`,
		"one that is cut off":      `{"clusterentries": {}, "volumeentries": {}, "brickentries": {"b1": {"Info":`,
		"an id that is none":       `{"clusterentries": {}, "volumeentries": {"../v1": {"Info": {"name": "pvc-1"}}}}`,
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{dumpIt: {body(text)}})
			_, err := s.connect(patient()).Inventory(context.Background())
			expectError(t, err, ErrUnavailable, certain, "list its volumes", "not a heketi's")
		})
	}
}
