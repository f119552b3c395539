package gluster

import (
	"bytes"
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
			_ = state.Uncounted(id)
		}
	})
}

// BenchmarkRead reads what a heketi with 1000 volumes on three hosts tells, as indented as
// heketi writes it.
func BenchmarkRead(b *testing.B) {
	text := largeWorld().answer(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompare compares that.
func BenchmarkCompare(b *testing.B) {
	state, err := Parse(largeWorld().answer(b))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		state.Compare()
	}
}

// largeWorld is a world with 1000 volumes.
func largeWorld() *world {
	w := newWorld()
	for v := 2; v <= 1000; v++ {
		entry := w.database.Volumes["v1"]
		entry.Info.ID, entry.Info.Name = fmt.Sprintf("%032x", v), fmt.Sprintf("pvc-4d994b4e-0eb3-4ba0-ac70-%012x", v)
		entry.Bricks = nil
		for i := range w.hosts {
			id := fmt.Sprintf("%030x%d", v, i)
			brick := w.database.Bricks["b1"]
			brick.Info.ID, brick.Info.Node, brick.Info.Path = id, w.hosts[i].ID, "/var/lib/heketi/mounts/vg_42514b37e9eb78d3d903a761db4d8f5c/brick_"+id+"/brick"
			w.database.Bricks[id] = brick
			entry.Bricks = append(entry.Bricks, id)
			w.hosts[i].Mounts = append(w.hosts[i].Mounts, Mount{Device: brick.brickDevice(), Folder: brick.MountPoint(), Type: "xfs", Options: "rw", Mounted: true})
		}
		w.database.Volumes[entry.Info.ID] = entry
		for i := range w.hosts {
			volume := Volume{Name: entry.Info.Name, Status: "Started"}
			for _, id := range entry.Bricks {
				volume.Bricks = append(volume.Bricks, Brick{"10.77.0.1", w.database.Bricks[id].Info.Path})
			}
			w.hosts[i].Volumes = append(w.hosts[i].Volumes, volume)
		}
	}
	return w
}
