package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// tree is an object of JSON.
type tree = map[string]any

// checkSameDatabase compares all entries of two exports of heketi's database, but for what docs/rebuilding.md
// says that it differs in.
func checkSameDatabase(t *testing.T, was, now []byte) {
	t.Helper()
	before, after := readComparable(t, was), readComparable(t, now)
	for _, kind := range slices.Sorted(maps.Keys(before)) {
		old, made := before[kind].(tree), after[kind].(tree)
		for _, id := range slices.Sorted(maps.Keys(mergedTrees(old, made))) {
			if !reflect.DeepEqual(old[id], made[id]) {
				t.Errorf("%s %s: heketi had\n%s\nand has\n%s", kind, id, asText(old[id]), asText(made[id]))
			}
		}
	}
	if len(before) != len(after) {
		t.Errorf("the databases have %d and %d kinds of entries", len(before), len(after))
	}
}

func mergedTrees(a, b tree) tree {
	merged := maps.Clone(a)
	maps.Copy(merged, b)
	return merged
}

func asText(entry any) string {
	text, err := json.MarshalIndent(entry, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// readComparable reads an export, with names of nodes instead of their ids, and without what may differ.
func readComparable(t *testing.T, export []byte) tree {
	t.Helper()
	text := string(export)
	var read tree
	must(t, json.Unmarshal(export, &read))
	for id, node := range read["nodeentries"].(tree) {
		info := node.(tree)["Info"].(tree)
		storage := info["hostnames"].(tree)["storage"].([]any)[0]
		text = strings.ReplaceAll(text, id, fmt.Sprint("node ", storage))
	}
	read = nil
	must(t, json.Unmarshal([]byte(text), &read))
	for _, cluster := range read["clusterentries"].(tree) {
		sortTexts(cluster.(tree)["Info"].(tree)["nodes"])
	}
	for _, node := range read["nodeentries"].(tree) {
		delete(node.(tree)["Info"].(tree), "zone")
	}
	for _, volume := range read["volumeentries"].(tree) {
		withoutOrder(volume.(tree))
		withoutRequest(volume.(tree)["Info"].(tree))
	}
	delete(read["dbattributeentries"].(tree), "DB_GENERATION_ID")
	return read
}

// withoutOrder puts a volume's options and hosts in order.
func withoutOrder(volume tree) {
	sortTexts(volume["GlusterVolumeOptions"])
	mount := volume["Info"].(tree)["mount"].(tree)["glusterfs"].(tree)
	sortTexts(mount["hosts"])
	_, mount["device"], _ = strings.Cut(fmt.Sprint(mount["device"]), ":")
	delete(mount, "options") // The other hosts, in the order of the ids of nodes.
}

// withoutRequest takes out what heketi keeps of a request and has no use for.
func withoutRequest(info tree) {
	delete(info, "clusters")
	if snapshot := info["snapshot"].(tree); snapshot["factor"] == 1.0 {
		delete(snapshot, "enable")
	}
	if durability := info["durability"].(tree); durability["type"] != "disperse" {
		delete(durability, "disperse")
	}
}

func sortTexts(list any) {
	if texts, is := list.([]any); is {
		slices.SortFunc(texts, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
}
