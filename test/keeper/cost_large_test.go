package keeper

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// costLarge is how many volumes there are, and costReal how many of them were made. The others are their copies.
	costLarge, costReal = 3000, 100
)

// TestCostOfLargeDatabase measures what a keeper needs with a database of thousands of volumes.
func TestCostOfLargeDatabase(t *testing.T) {
	if os.Getenv("COST") == "" {
		t.Skip("it measures, which takes minutes and the whole machine: make bench-keeper")
	}
	t.Setenv("HEKETI_GLUSTER_MAX_VOLUMES_PER_CLUSTER", strconv.Itoa(2*costLarge))
	p := newPlace(t, nil)
	p.binary = filepath.Join(env.root, "bin", "heketi-keeper")
	small := p.start(t, t.TempDir())
	addNodes(t, small.client(t))
	addDevices(t, small.client(t))
	made := &caller{client: small.client(t)}
	made.burst(t, costReal)
	small.endWell(t)
	file := filepath.Join(t.TempDir(), "small.json")
	export := exec.CommandContext(t.Context(), env.heketi.Server, "db", "export", "--dbfile="+filepath.Join(small.folder, "heketi.db"), "--jsonfile="+file)
	if output, err := export.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}

	large := newPlace(t, nil)
	large.binary = p.binary
	if status, said := large.imports(t, enlarge(t, must[[]byte](t)(os.ReadFile(file)), costLarge/costReal)); status != 0 {
		t.Fatalf("the import ended with %d and said %q", status, said)
	}
	begun := time.Now()
	k := large.start(t, t.TempDir())
	started := time.Since(begun)
	kept := &caller{client: k.client(t), made: costReal}
	alone, rate := kept.alone(t), kept.burst(t, costBurst)
	t.Logf("\n%d volumes: database %d kB, saved %d kB, started in %v, one volume %v, %d callers %.1f/s, keeper %d MB, heketi %d MB at most", costLarge,
		k.metric(t, "heketi_keeper_database_size_bytes")/1000, savedSize(t, large)/1000, started.Round(time.Millisecond),
		alone.Round(time.Millisecond), costCallers, rate, peak(t, k.PID())>>10, peak(t, childOf(t, k.PID()))>>10)
}

// enlarge returns a database in JSON in which each volume is there so many times, with bricks of its own.
func enlarge(t *testing.T, text []byte, times int) []byte {
	t.Helper()
	var all map[string]map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, kind := range []string{"volumeentries", "brickentries"} {
		ids = slices.AppendSeq(ids, maps.Keys(all[kind]))
	}
	for copied := 1; copied < times; copied++ {
		var renames []string
		for _, id := range ids {
			renames = append(renames, id, fmt.Sprintf("%04x", copied)+id[4:])
		}
		renamed := strings.NewReplacer(renames...)
		for _, kind := range []string{"volumeentries", "brickentries"} {
			for _, id := range ids {
				if entry, is := all[kind][id]; is {
					name := regexp.MustCompile(`"name":"vol_`).ReplaceAllString(renamed.Replace(string(entry)), fmt.Sprintf(`"name":"copy%d_vol_`, copied))
					all[kind][renamed.Replace(id)] = json.RawMessage(name)
				}
			}
		}
	}
	// Clusters and devices list what they have.
	listed := func(kind string, has func(entry map[string]any) map[string]any, key string) {
		for id, raw := range all[kind] {
			var entry map[string]any
			if err := json.Unmarshal(raw, &entry); err != nil {
				t.Fatal(err)
			}
			holder := has(entry)
			list, _ := holder[key].([]any)
			for _, one := range slices.Clone(list) {
				for copied := 1; copied < times; copied++ {
					list = append(list, fmt.Sprintf("%04x", copied)+one.(string)[4:])
				}
			}
			holder[key] = list
			text, err := json.Marshal(entry)
			if err != nil {
				t.Fatal(err)
			}
			all[kind][id] = text
		}
	}
	listed("clusterentries", func(entry map[string]any) map[string]any { return entry["Info"].(map[string]any) }, "volumes")
	listed("deviceentries", func(entry map[string]any) map[string]any { return entry }, "Bricks")
	enlarged, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return enlarged
}

// peak is how much memory a process has had at most, in KiB.
func peak(t *testing.T, pid int) int {
	t.Helper()
	status := must[[]byte](t)(os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)))
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("process %d has no peak: %s", pid, status)
	}
	return must[int](t)(strconv.Atoi(string(found[1])))
}

// childOf is the process that a process has started.
func childOf(t *testing.T, pid int) int {
	t.Helper()
	var children []string
	for _, file := range must[[]string](t)(filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))) {
		children = append(children, strings.Fields(string(must[[]byte](t)(os.ReadFile(file))))...)
	}
	if len(children) != 1 {
		t.Fatalf("process %d has the children %q, want one", pid, children)
	}
	return must[int](t)(strconv.Atoi(children[0]))
}
