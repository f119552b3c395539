package dumps

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// tree is an object of JSON.
type tree = map[string]any

// Differences compares all entries of two exports of heketi's database, but for what docs/rebuilding.md says that a
// database differs in that was made again. It returns an error if one of them is no such export.
func Differences(was, now []byte) (differences []string, err error) {
	before, err := readComparable(was)
	if err != nil {
		return nil, err
	}
	after, err := readComparable(now)
	if err != nil {
		return nil, err
	}
	if len(before) != len(after) {
		differences = append(differences, fmt.Sprintf("they have %d and %d kinds of entries", len(before), len(after)))
	}
	for _, kind := range slices.Sorted(maps.Keys(before)) {
		old, _ := before[kind].(tree)
		made, _ := after[kind].(tree)
		for _, id := range slices.Sorted(maps.Keys(mergedTrees(old, made))) {
			if !reflect.DeepEqual(old[id], made[id]) {
				differences = append(differences, fmt.Sprintf("%s %s: heketi had\n%s\nand has\n%s", kind, id, asText(old[id]), asText(made[id])))
			}
		}
	}
	return differences, nil
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
func readComparable(export []byte) (tree, error) {
	text := string(export)
	var read tree
	if err := json.Unmarshal(export, &read); err != nil {
		return nil, err
	}
	for _, kind := range []string{"clusterentries", "nodeentries", "volumeentries", "dbattributeentries"} {
		if _, has := read[kind].(tree); !has {
			return nil, fmt.Errorf("it is no export of heketi's database: it has no %s", kind)
		}
	}
	for id, node := range read["nodeentries"].(tree) {
		info := node.(tree)["Info"].(tree)
		storage := info["hostnames"].(tree)["storage"].([]any)[0]
		text = strings.ReplaceAll(text, id, fmt.Sprint("node ", storage))
	}
	read = nil
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return nil, err
	}
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
	return read, nil
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
