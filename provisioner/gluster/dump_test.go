package gluster

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

const dumpText = `{
    "clusterentries": {"c1": {"Info": {"id": "c1", "nodes": ["n1"]}}},
    "volumeentries": {
        "v1": {"Info": {"size": 5, "name": "pvc-1", "gid": 2001, "id": "v1", "cluster": "c1"}, "Bricks": ["b1", "b2"], "Pending": {"Id": "op-7"}},
        "v2": {"Info": {"size": 1, "name": "pvc-2", "gid": 2002, "id": "v2", "cluster": "c1"}, "Bricks": ["b3"], "Pending": {"Id": ""}}
    },
    "brickentries": {"b1": {"Info": {"id": "b1"}}, "b2": null}, "nodeentries": {}, "deviceentries": null, "more": [1, [2], "3"], "version": 4,
    "pendingoperations": {"op-7": {"Id": "op-7", "Type": 1, "Status": "stale", "Actions": [{"Change": 2, "Id": "v1"}]}, "op-8": {"Type": 8, "Status": "failed", "Actions": [{"Change": 3, "Id": "b3"}]}}
}
`

func TestReadDump(t *testing.T) {
	got, err := ReadDump(strings.NewReader(dumpText))
	if err != nil {
		t.Fatal(err)
	}
	v1 := VolumeEntry{Bricks: []string{"b1", "b2"}, Pending: Pending{ID: "op-7"}}
	v1.Info.ID, v1.Info.Name, v1.Info.Cluster, v1.Info.Size, v1.Info.Gid = "v1", "pvc-1", "c1", 5, 2001
	if want := map[string]struct{}{"c1": {}}; !reflect.DeepEqual(got.Clusters, want) {
		t.Errorf("got clusters %v, want %v", got.Clusters, want)
	}
	if len(got.Volumes) != 2 || !reflect.DeepEqual(got.Volumes["v1"], v1) {
		t.Errorf("got volumes %+v, want two, one of them %+v", got.Volumes, v1)
	}
	for _, test := range []struct {
		volume    string
		andBricks bool
		want      string
	}{{"v1", false, "op-7"}, {"v1", true, "op-7"}, {"v2", false, ""}, {"v2", true, "op-8"}, {"v3", true, ""}} {
		if got := got.PendingWith(test.volume, test.andBricks).ID; got != test.want {
			t.Errorf("%+v: got operation %q", test, got)
		}
	}
	if !got.HasOneOf([]string{"c7", "c1"}) || got.HasOneOf([]string{"c7"}) || got.HasOneOf(nil) {
		t.Error("it does not tell the clusters that it has from others")
	}
}

func TestReadDumpOfNothing(t *testing.T) {
	got, err := ReadDump(strings.NewReader(`{"volumeentries": {}, "clusterentries": {}}`))
	if err != nil || len(got.Volumes)+len(got.Clusters)+len(got.Operations) > 0 {
		t.Errorf("got %+v, %v; want nothing and no error", got, err)
	}
}

// TestReadDumpCutOff cuts the text at each byte. It is whole only with its last bracket.
func TestReadDumpCutOff(t *testing.T) {
	whole := strings.TrimSpace(dumpText)
	for length := range len(whole) {
		if got, err := ReadDump(strings.NewReader(whole[:length])); err == nil || got != nil {
			t.Errorf("of %q: got %v, %v; want an error", whole[:length], got, err)
		}
	}
	if _, err := ReadDump(strings.NewReader(whole)); err != nil {
		t.Error(err)
	}
}

func TestReadDumpRefusesOthers(t *testing.T) {
	for _, text := range []string{
		"", "null", "{}", "[]", "1", `"text"`, "<html>", "{]", `{"a": }`, dumpText + "{}", dumpText + "<",
		`{"clusterentries": {}}`, `{"volumeentries": {}}`, `{"clusterentries": {}, "volumeentries": null}`, `{"clusterentries": null, "volumeentries": {}}`,
		`{"clusterentries": {}, "volumeentries": []}`, `{"clusterentries": ["c1"], "volumeentries": {}}`, `{"clusterentries": {}, "volumeentries": {"v1": "pvc-1"}}`,
		`{"clusterentries": {}, "volumeentries": {}, "pendingoperations": {"op-1": []}}`, `{"clusterentries": {}, "volumeentries": {}, "brickentries": {"b1" 1}}`,
	} {
		if got, err := ReadDump(strings.NewReader(text)); err == nil || got != nil {
			t.Errorf("of %q: got %v, %v; want an error", text, got, err)
		}
	}
}

func TestReadDumpPassesTheReadersErrorOn(t *testing.T) {
	broken := errors.New("broken")
	for _, length := range []int{0, 1, 100, len(dumpText)} {
		_, err := ReadDump(io.MultiReader(strings.NewReader(dumpText[:length]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: got %v, want the reader's error", length, err)
		}
	}
}
