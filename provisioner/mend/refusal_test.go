package mend_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestRefusals changes a database and a view that can be mended. The view has the same
// database unless the change says otherwise.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*scene)
		want   []string
	}{
		// What the operation is.
		"another Id":             {func(s *scene) { s.operation()["Id"] = "f9" }, []string{`its Id is "f9"`, "keep heketi stopped"}},
		"an unknown action":      {func(s *scene) { s.action(0)["Change"] = 3 }, []string{"an action with the Change 3"}},
		"a child operation":      {func(s *scene) { s.action(0)["Change"] = 12 }, []string{"an action with the Change 12"}},
		"no volume":              {func(s *scene) { s.operation()["Actions"] = s.operation()["Actions"].([]any)[:3] }, []string{"volume unknown", "enlarges 0 volumes"}},
		"two volumes":            {func(s *scene) { s.appendAction(tree{"Change": 5, "Id": id(otherVolume), "Delta": 1}) }, []string{"enlarges 2 volumes"}},
		"no bricks":              {func(s *scene) { s.operation()["Actions"] = s.operation()["Actions"].([]any)[3:] }, []string{"it has no bricks"}},
		"no actions":             {func(s *scene) { s.operation()["Actions"] = nil }, []string{"enlarges 0 volumes"}},
		"a brick twice":          {func(s *scene) { s.appendAction(tree{"Change": 1, "Id": id(newBrick)}) }, []string{"has brick " + id(newBrick) + " twice"}},
		"no Delta":               {func(s *scene) { s.action(3)["Delta"] = nil }, []string{"its Delta is missing"}},
		"a Delta of 0":           {func(s *scene) { s.action(3)["Delta"] = 0 }, []string{"its Delta is 0"}},
		"a negative Delta":       {func(s *scene) { s.action(3)["Delta"] = -1 }, []string{"its Delta is -1"}},
		"a broken Delta":         {func(s *scene) { s.action(3)["Delta"] = 1.5 }, []string{"its Delta is 1.5", "whole number"}},
		"a huge Delta":           {func(s *scene) { s.action(3)["Delta"] = json.Number("1e18") }, []string{"its Delta is 1e+18"}},
		"a volume that is gone":  {func(s *scene) { delete(s.all("volumeentries"), id(volume)) }, []string{"does not have its volume " + id(volume)}},
		"a volume of another id": {func(s *scene) { s.volume()["Info"].(tree)["id"] = "e9" }, []string{`but its id is "e9"`}},
		"a volume of no name":    {func(s *scene) { s.volume()["Info"].(tree)["name"] = "" }, []string{"has no name"}},
		"a volume of no size":    {func(s *scene) { s.volume()["Info"].(tree)["size"] = 0 }, []string{"a size of 0 GiB"}},
		"a volume that is pending": {
			func(s *scene) { s.volume()["Pending"].(tree)["Id"] = "f9" }, []string{"its volume is part of operation f9"},
		},
		"a volume of an unknown cluster": {func(s *scene) { s.volume()["Info"].(tree)["cluster"] = "c9" }, []string{"no storage hosts of cluster c9"}},
		"a cluster without hosts": {
			func(s *scene) { s.entry("clusterentries", cluster)["Info"].(tree)["nodes"] = nil }, []string{"no storage hosts of cluster"},
		},
		"a brick that is gone":    {func(s *scene) { delete(s.all("brickentries"), id(newBrick)) }, []string{"does not have its brick " + id(newBrick)}},
		"a brick of another id":   {func(s *scene) { s.brick(newBrick)["Info"].(tree)["id"] = "b0" }, []string{`but its id is "b0"`}},
		"a brick without a path":  {func(s *scene) { s.brick(newBrick)["Info"].(tree)["path"] = "" }, []string{"has no path"}},
		"a brick at rest":         {func(s *scene) { s.brick(newBrick)["Pending"].(tree)["Id"] = "" }, []string{`has the Pending.Id ""`}},
		"another operation's":     {func(s *scene) { s.brick(newBrick)["Pending"].(tree)["Id"] = "f9" }, []string{`has the Pending.Id "f9"`}},
		"another volume's brick":  {func(s *scene) { s.brick(newBrick)["Info"].(tree)["volume"] = id(otherVolume) }, []string{`is of volume "` + id(otherVolume)}},
		"a brick on another host": {func(s *scene) { s.brick(newBrick)["Info"].(tree)["node"] = "a9" }, []string{`is on storage host "a9"`}},
		"a brick not in the list": {func(s *scene) { s.volume()["Bricks"] = s.volume()["Bricks"].([]any)[:5] }, []string{"is not in the volume's list of bricks"}},
		"a further brick has it":  {func(s *scene) { s.brick(otherVolumesBrick)["Pending"].(tree)["Id"] = id(expansion) }, []string{"something else in the database names it"}},
		"a further volume has it": {func(s *scene) { s.entry("volumeentries", otherVolume)["Pending"].(tree)["Id"] = id(expansion) }, []string{"something else"}},
		"another operation has it": {func(s *scene) {
			s.all("pendingoperations")[id("f2")] = tree{"Id": id("f2"), "Type": 6, "Actions": []any{tree{"Change": 12, "Id": id(expansion)}}}
		}, []string{"something else"}},
		"block volumes": {func(s *scene) { s.volume()["Info"].(tree)["block"] = true }, []string{"holds block volumes", "keep heketi stopped"}},
		"other case":    {func(s *scene) { b := s.brick(newBrick); b["pending"] = b["Pending"]; delete(b, "Pending") }, []string{`there is no "Pending"`, "keep heketi stopped"}},
		"both cases":    {func(s *scene) { b := s.brick(newBrick); b["pending"] = b["Pending"] }, []string{`is there twice`}},

		// Of what time and heketi the view is.
		"a view of another heketi": {
			func(s *scene) { s.viewed = tree{"clusterentries": tree{}, "volumeentries": tree{}} }, []string{"the view of gluster does not have it", "look at gluster again"},
		},
		"a view without it":         {func(s *scene) { s.viewed = s.without(expansion) }, []string{"the view of gluster does not have it"}},
		"a view with other actions": {func(s *scene) { s.look(); s.action(3)["Delta"] = 2 }, []string{"with other actions"}},
		"a view with fewer bricks":  {func(s *scene) { s.look(); s.brick(newBrick)["Info"].(tree)["device"] = "d9" }, []string{"has its brick " + id(newBrick) + " otherwise"}},
		"a view of another size":    {func(s *scene) { s.look(); s.volume()["Info"].(tree)["size"] = 5 }, []string{"has its volume otherwise"}},
		"a view with other hosts": {
			func(s *scene) {
				s.look()
				s.entry("clusterentries", cluster)["Info"].(tree)["nodes"] = []any{id(host1), id("a2"), id(host3), "a9"}
			}, []string{"has other storage hosts in cluster"},
		},

		// What gluster has.
		"a host that is silent": {func(s *scene) { s.host(host3).silent = true }, []string{"no answer from storage host 192.168.10.3", "sshd", "glusterd", "look at gluster again"}},
		"a host that is silent, and no brick": {
			func(s *scene) {
				s.host(host3).silent = true
				s.detach([]string{"b4", "b5", "b6"})
			}, []string{"no answer from storage host 192.168.10.3"},
		},
		"a host without the volume": {
			func(s *scene) { delete(s.host(host3).volumes, "vol_example") }, []string{"glusterd of storage host 192.168.10.3 does not know the volume", "gluster peer status"},
		},
		"hosts that disagree": {
			func(s *scene) { s.detach([]string{"b4", "b5", "b6"}, host3) }, []string{"192.168.10.1 knows of 3 of its 3 bricks, and 192.168.10.3 of 0"},
		},
		"hosts that disagree on which": {
			func(s *scene) {
				s.detach([]string{"b4"}, host1, "a2")
				s.detach([]string{"b5"}, host3)
			}, []string{"192.168.10.1 knows of 2 of its 3 bricks, and 192.168.10.3 of 2"},
		},
		"a part of the bricks": {
			func(s *scene) { s.detach([]string{"b5", "b6"}) },
			[]string{"has 1 of its 3 bricks (192.168.10.1:/var/lib/heketi/mounts/vg_" + id("d1"), "lacks 2 (192.168.10.2:/", "brick 192.168.10.3:/", "in several steps", "docs/mending.md"},
		},
		"a brick in another volume": {
			func(s *scene) {
				s.detach([]string{"b4", "b5", "b6"})
				s.host(host3).volumes["vol_other"] = append(s.host(host3).volumes["vol_other"], "h:"+s.brick(newBrick)["Info"].(tree)["path"].(string))
			}, []string{"has its brick " + id(newBrick) + " in volume vol_other"},
		},
		"a brick that heketi does not know": {
			func(s *scene) {
				s.host(host3).volumes["vol_example"] = append(s.host(host3).volumes["vol_example"], "h:/other/brick")
			},
			[]string{"has the brick h:/other/brick in the volume, which heketi does not know"},
		},
		"a brick of another volume": {
			func(s *scene) {
				for _, h := range s.hosts {
					h.volumes["vol_example"] = append(h.volumes["vol_example"], h.volumes["vol_other"][0])
				}
			}, []string{"in the volume, which heketi does not know"},
		},
		"a brick that gluster has not": {
			func(s *scene) { s.detach([]string{oldBrick}) }, []string{"heketi counts the brick 192.168.10.1:/", "which gluster does not have"},
		},
		"a logical volume that is gone": {
			func(s *scene) {
				h := s.host(host3)
				h.logical = slices.DeleteFunc(h.logical, func(lv tree) bool { return lv["lv_name"] == "brick_"+id(newBrick3) })
			}, []string{"192.168.10.3 does not have the logical volume vg_" + id("d3") + "/brick_" + id(newBrick3), "data may be lost already", "do not detach or delete any brick"},
		},
		"a logical volume in another group": {
			func(s *scene) {
				s.host(host3).logical = []tree{{"lv_name": "brick_" + id(newBrick3), "vg_name": "vg_d9"}}
			}, []string{"data may be lost already"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			test.change(s)
			result, err := s.mend(t)
			if err == nil {
				t.Fatalf("it was not refused: %s", result)
			}
			if result.Database != nil {
				t.Error("it was refused, and there is a database")
			}
			text := err.Error()
			if strings.Contains(text, "\n") || !strings.HasPrefix(text, "operation "+id(expansion)+", the expansion of volume ") || !strings.Contains(text, "; ") {
				t.Errorf("the refusal does not name operation, volume and remedy in a line: %s", text)
			}
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("the refusal is %q, want it to say %q", text, want)
				}
			}
		})
	}
}

func (s *scene) appendAction(action tree) {
	s.operation()["Actions"] = append(s.operation()["Actions"].([]any), action)
}

// look has the view keep the database as it is now.
func (s *scene) look() {
	text, err := json.Marshal(s.database)
	if err == nil {
		err = json.Unmarshal(text, &s.viewed)
	}
	if err != nil {
		panic(err)
	}
}

// without is the database without an operation.
func (s *scene) without(operation string) tree {
	database := maps.Clone(s.database)
	operations := maps.Clone(s.all("pendingoperations"))
	delete(operations, id(operation))
	database["pendingoperations"] = operations
	return database
}

// TestOneRefusalIsEnough has an expansion that could be finished, and one that is refused.
func TestOneRefusalIsEnough(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, bad := range []string{"f2", "f3"} {
		s.all("pendingoperations")[id(bad)] = tree{"Id": id(bad), "Type": 3, "Actions": []any{}}
	}
	result, err := s.mend(t)
	if err == nil || result.Database != nil {
		t.Fatalf("it was mended: %v", err)
	}
	lines := strings.Split(err.Error(), "\n")
	for i, bad := range []string{"f2", "f3"} {
		if len(lines) != 2 || !strings.HasPrefix(lines[i], fmt.Sprintf("operation %s, the expansion of volume unknown: ", id(bad))) {
			t.Errorf("the refusals are %q", lines)
		}
	}
}

// TestStatusMayDiffer has an export from before heketi was started again.
func TestStatusMayDiffer(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.look()
	s.operation()["Status"] = ""
	if result, err := s.mend(t); err != nil || result.Database == nil {
		t.Errorf("it was not mended, error %v", err)
	}
}
