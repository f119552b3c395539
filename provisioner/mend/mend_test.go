package mend_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/mend"
)

// TestExpansionIsFinished compares with testdata/after.json, which differs from before.json
// in what heketi's own Finalize changes.
func TestExpansionIsFinished(t *testing.T) {
	t.Parallel()
	view, err := gluster.ParsePrinted(mustRead(t, "gluster.txt"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := read(t, mustRead(t, "before.json")).Mend(view)
	if err != nil {
		t.Fatal(err)
	}
	if want := mustRead(t, "after.json"); !bytes.Equal(result.Database, want) {
		t.Errorf("the database is\n%s\nwant testdata/after.json", result.Database)
	}
	want := "finished: operation " + id(expansion) + ": volume vol_example (" + id(volume) + ") grows by 1 GiB, to 2 GiB, with these bricks\n"
	for i := 1; i <= 3; i++ {
		want += fmt.Sprintf("    192.168.10.%d:/var/lib/heketi/mounts/vg_%s/brick_%s/brick\n", i, id(fmt.Sprint("d", i)), id(fmt.Sprint("b", 3+i)))
	}
	if got := result.String(); got != want {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}

	again, err := read(t, result.Database).Mend(view)
	if err != nil || again.Database != nil || len(again.Finished)+len(again.Left)+len(again.Hosts) > 0 {
		t.Errorf("a second mending finds %q, error %v", again, err)
	}
	if !strings.Contains(again.String(), "nothing to mend") {
		t.Errorf("a second mending says %q", again)
	}
}

// TestOnlyWhatIsFinishedChanges has an odd database: everything that does not belong to the
// expansion has another layout, numbers that no float holds, and fields that are not known.
func TestOnlyWhatIsFinishedChanges(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.brick("b1")["TpSize"] = json.Number("18446744073709551615")
	s.entry("volumeentries", otherVolume)["Info"].(tree)["snapshot"].(tree)["factor"] = json.Number("1.50")
	s.database["something"] = tree{"new": []any{json.Number("1e400"), "<&>\u2028"}}
	before := bytes.ReplaceAll(textOf(t, s.database), []byte(`"path": `), []byte("\"path\" :\t"))
	result, err := read(t, before).Mend(s.view(t))
	if err != nil {
		t.Fatal(err)
	}
	pending, ended := fmt.Sprintf(`"Id": "%s"`, id(expansion)), `"Id": ""`
	start, end := bytes.Index(before, []byte(`"pendingoperations": {`)), bytes.Index(before, []byte(`"something":`))
	want := strings.ReplaceAll(string(before[:start]), pending, ended) + "\"pendingoperations\": {},\n    " + string(before[end:])
	from := strings.Index(want, `"volumeentries"`)
	want = want[:from] + strings.Replace(want[from:], `"size": 1`, `"size": 2`, 1)
	if got := string(result.Database); got != want {
		t.Errorf("the database is\n%s\nwant\n%s", got, want)
	}
}

// TestOtherOperationsStay keeps those before and after the one that is finished, as they are.
func TestOtherOperationsStay(t *testing.T) {
	t.Parallel()
	for name, others := range map[string][]string{
		"none": nil, "before": {"f0"}, "after": {"f2"}, "around": {"f0", "f2"}, "more": {"f00", "f01", "f2", "f3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			operations := s.all("pendingoperations")
			for i, other := range others {
				operations[id(other)] = tree{"Id": id(other), "Type": json.Number(fmt.Sprint(4 + i)), "Actions": []any{}}
			}
			result, err := s.mend(t)
			if err != nil {
				t.Fatal(err)
			}
			delete(operations, id(expansion))
			for i := 4; i <= 6; i++ {
				s.brick(fmt.Sprint("b", i))["Pending"].(tree)["Id"] = ""
			}
			s.volume()["Info"].(tree)["size"] = 2
			if want := textOf(t, s.database); !bytes.Equal(result.Database, want) {
				t.Errorf("the database is\n%s\nwant\n%s", result.Database, want)
			}
			if len(result.Left) != len(others) {
				t.Errorf("%d operations were left, want %d", len(result.Left), len(others))
			}
		})
	}
}

// TestTwoExpansionsOfAVolume finishes both, or the one that gluster has.
func TestTwoExpansionsOfAVolume(t *testing.T) {
	t.Parallel()
	scene := func(t *testing.T) *scene {
		s := newScene(t)
		first := s.operation()
		actions := first["Actions"].([]any)
		// The bricks b5 and b6 become another operation, by 3 GiB.
		s.all("pendingoperations")[id("f2")] = tree{
			"Id": id("f2"), "Type": json.Number("3"), "Status": "",
			"Actions": []any{actions[1], actions[2], tree{"Change": json.Number("5"), "Id": id(volume), "Delta": json.Number("3")}},
		}
		first["Actions"] = []any{actions[0], actions[3]}
		for _, brick := range []string{"b5", "b6"} {
			s.brick(brick)["Pending"].(tree)["Id"] = id("f2")
		}
		return s
	}
	t.Run("both", func(t *testing.T) {
		t.Parallel()
		result, err := scene(t).mend(t)
		if err != nil {
			t.Fatal(err)
		}
		if f := result.Finished; len(f) != 2 || f[0].Size != 5 || f[0].Delta != 1 || f[1].Size != 5 || f[1].Delta != 3 {
			t.Errorf("finished is %+v", f)
		}
		after := treeOf(t, result.Database)
		if size := after["volumeentries"].(tree)[id(volume)].(tree)["Info"].(tree)["size"]; size != json.Number("5") {
			t.Errorf("the volume has %v GiB, want 5", size)
		}
	})
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		s := scene(t)
		s.detach([]string{"b5", "b6"})
		result, err := s.mend(t)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Finished) != 1 || len(result.Left) != 1 || result.Left[0].Operation != id("f2") {
			t.Errorf("it says\n%s\nwant that f1 is finished and f2 left", result)
		}
	})
}

func TestWhatIsNoExport(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":           "",
		"no JSON":         "Error: invalid character",
		"another's":       `{"kind": "List", "items": []}`,
		"a view":          `{"heketidb": {"volumeentries": {}}, "clusters": []}`,
		"an array":        `[]`,
		"null":            `null`,
		"two":             `{"clusterentries": {}, "volumeentries": {}, "brickentries": {}, "pendingoperations": {}} {}`,
		"of another kind": `{"clusterentries": [], "volumeentries": {}, "brickentries": {}, "pendingoperations": {}}`,
	} {
		if _, err := mend.Read([]byte(text)); err == nil || !strings.Contains(err.Error(), "heketi db export") {
			t.Errorf("%s: error %v, want that it is no export", name, err)
		}
	}
}
