package mend_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/mend"
)

// FuzzMend mends any text, with what any storage hosts tell. It may refuse; if it does not,
// the text is JSON in which only what belongs to the finished expansions differs, and a
// second mending finds nothing.
func FuzzMend(f *testing.F) {
	// Small ones: Go is slow with large ones.
	const database = `{
	"clusterentries": {"c": {"Info": {"nodes": ["n"]}}}, "nodeentries": {"n": {}},
	"volumeentries": {"v": {"Info": {"id": "v", "name": "vol", "cluster": "c", "size": 2}, "Bricks": ["a", "b"], "Pending": {"Id": ""}}},
	"brickentries": {
		"a": {"Info": {"id": "a", "path": "/a/brick", "device": "d", "node": "n", "volume": "v"}, "Pending": {"Id": ""}},
		"b": {"Info": {"id": "b", "path": "/b/brick", "device": "d", "node": "n", "volume": "v"}, "Pending": {"Id": "0f1"}}},
	"pendingoperations": {
		"0f1": {"Id": "0f1", "Type": 3, "Actions": [{"Change": 1, "Id": "b"}, {"Change": 5, "Id": "v", "Delta": 1}], "Status": "stale"},
		"other": {"Id": "other", "Type": 1}}}`
	const answer = `{"heketidb": {"clusterentries": {}, "volumeentries": {}}, "clusters": [{"ClusterHeketiID": "c", "NodesData": [{
	"NodeHeketiID": "n", "BricksMountStatus": {}, "VolumeInfo": {"Volumes": {"VolumeList": [
		{"VolumeName": "vol", "Bricks": {"BrickList": [{"Name": "h:/a/brick"}, {"Name": "h:/b/brick"}]}}]}}}]}]}`
	f.Add([]byte(database), []byte(answer))
	f.Add([]byte(strings.ReplaceAll(database, `"0f1"`, `"0f"`)), []byte(answer))
	f.Fuzz(func(t *testing.T, text, answer []byte) {
		database, err := mend.Read(text)
		if err != nil {
			return
		}
		view, err := gluster.ParsePrinted(answer)
		if err != nil {
			return
		}
		// Or nearly every database would be refused as one of another time.
		view.Database = entries(t, text)
		result, err := database.Mend(view)
		if err != nil || result.Database == nil {
			return
		}
		checkFinished(t, text, result)
		again, err := read(t, result.Database).Mend(&gluster.State{Database: entries(t, result.Database), Hosts: view.Hosts})
		if err != nil || again.Database != nil {
			t.Errorf("a second mending finds %v, error %v", again, err)
		}
	})
}

func entries(t *testing.T, text []byte) gluster.Database {
	t.Helper()
	var read gluster.Database
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// checkFinished does to the database what heketi does, by another way, and compares.
func checkFinished(t *testing.T, before []byte, result *mend.Result) {
	t.Helper()
	want, operations := treeOf(t, before), entries(t, before).Operations
	size := func(volume string) tree { return want["volumeentries"].(tree)[volume].(tree)["Info"].(tree) }
	for _, finished := range result.Finished {
		for _, action := range operations[finished.Operation].Actions {
			if action.Change == gluster.AddBrick {
				want["brickentries"].(tree)[action.ID].(tree)["Pending"].(tree)["Id"] = ""
			}
		}
		size(finished.VolumeID)["size"] = json.Number(fmt.Sprint(finished.Size))
		delete(want["pendingoperations"].(tree), finished.Operation)
	}
	if got := treeOf(t, result.Database); !reflect.DeepEqual(got, want) {
		t.Errorf("the database is\n%s\nwant\n%s", result.Database, textOf(t, want))
	}
}
