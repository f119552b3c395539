package gluster

import (
	"fmt"
	"reflect"
	"testing"
)

func TestParseRefusesWhatIsNoAnswer(t *testing.T) {
	for _, text := range []string{
		"", "null", "[]", "<html>", "{}", `{"heketidb": {}}`, `{"heketidb": {"clusterentries": {}}}`,
		`{"heketidb": {"clusterentries": {}, "volumeentries": {}}, "clusters": [{"NodesData": [{"VolumeInfo": {"Volumes": {"VolumeList": [{"Bricks": {"BrickList": [{"Name": "no path"}]}}]}}}]}]}`,
	} {
		if state, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q: got %+v, want an error", text, state)
		}
	}
}

func TestBrickFrom(t *testing.T) {
	for text, want := range map[string]Brick{
		"10.0.0.1:/a/brick": {"10.0.0.1", "/a/brick"},
		"fd77::1:/a/brick":  {"fd77::1", "/a/brick"},
		"host:/a:/b":        {"host", "/a:/b"},
	} {
		if got, ok := brickFrom(text); !ok || got != want {
			t.Errorf("%s: got %v, %v; want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "host", "host:", ":/a", "host:a", "host:/"} {
		if got, ok := brickFrom(text); ok {
			t.Errorf("%s: got %v, want none", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"heketidb": {"clusterentries": {"c1": {"Info": {"nodes": ["n1"]}}}, "volumeentries": {"v1": {"Info": {"cluster": "c1", "name": "vol"}, "Bricks": ["b1"]}}, "brickentries": {"b1": {"Info": {"path": "/a/brick"}}}, "pendingoperations": {"op": {"Type": 3, "Actions": [{"Change": 1, "Id": "b1"}, {"Change": 5, "Id": "v1", "Delta": 1}]}}}, "clusters": [{"ClusterHeketiID": "c1", "NodesData": [{"NodeHeketiID": "n1", "VolumeInfo": {"Volumes": {"VolumeList": [{"VolumeName": "vol", "Bricks": {"BrickList": [{"Name": "h:/a/brick"}]}}]}}, "BricksMountStatus": {"Statuses": [{"Device": "/dev/x", "MountPoint": "/a"}]}, "LVMLVInfo": {"report": [{"lv": [{"lv_name": "brick_b1", "vg_name": "vg_d1"}]}]}}]}]}`))
	f.Add([]byte(`{"heketidb": {"clusterentries": {}, "volumeentries": {}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		state, err := Parse(text)
		if err != nil {
			return
		}
		first := state.Compare()
		if second := state.Compare(); !reflect.DeepEqual(first, second) {
			t.Errorf("compared twice: %v and %v", first, second)
		}
		for id := range state.Database.Operations {
			_ = state.CheckUndo(id, true)
			_ = state.CheckUndo(id, false)
		}
		for id := range state.Database.Volumes {
			_ = state.CheckWhole(id)
		}
	})
}

// BenchmarkCompare compares a heketi that has 1000 volumes.
func BenchmarkCompare(b *testing.B) {
	w := newWorld()
	for v := 2; v <= 1000; v++ {
		entry := w.database.Volumes["v1"]
		entry.Info.ID, entry.Info.Name = fmt.Sprintf("v%d", v), fmt.Sprintf("vol-%d", v)
		w.database.Volumes[entry.Info.ID] = entry
		for i := range w.hosts {
			volume := w.hosts[i].Volumes[0]
			volume.Name = entry.Info.Name
			w.hosts[i].Volumes = append(w.hosts[i].Volumes, volume)
		}
	}
	state := w.state(b)
	b.ResetTimer()
	for b.Loop() {
		state.Compare()
	}
}
