package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/test/bench"
)

// brickStep is after how many volumes the memory is measured.
const brickStep = 20

// TestManyBricks has many volumes with a brick on each of three nodes, and measures how long it takes until all bricks run again when
// a GlusterFS pod is deleted, and when all nodes were off, how long people wait for answers meanwhile, and what memory
// they take. No container may end by itself.
func TestManyBricks(t *testing.T) {
	b := &brickBench{t: t, volumes: numberOf(t, "VOLUMES", 100)}
	for _, step := range []struct {
		name string
		take func(*testing.T)
	}{
		{"Install", installOnce},
		{"Make", b.makeVolumes},
		{"Answers", b.answers},
		{"PodIsDeleted", b.podIsDeleted},
		{"AllNodesOffAndOn", b.allNodesOffAndOn},
		{"HeketiStarts", b.heketiStarts},
	} {
		if !t.Run(step.name, step.take) {
			explain(t)
			break
		}
	}
	t.Logf("\n%s", b.table.String())
}

// brickBench has what was measured.
type brickBench struct {
	t       *testing.T
	volumes int
	table   strings.Builder
}

func (b *brickBench) note(what string, value any) {
	fmt.Fprintf(&b.table, "| %s | %v |\n", what, value)
	b.t.Logf("%s: %v", what, value)
}

// timed notes how long something takes.
func (b *brickBench) timed(what string, do func()) {
	start := time.Now()
	do()
	b.note(what, time.Since(start).Round(100*time.Millisecond))
}

func switchOn(t *testing.T) {
	t.Helper()
	starts, ctx := errgroup.WithContext(t.Context())
	for _, m := range env.machines {
		starts.Go(func() error { return m.On(ctx) })
	}
	if err := starts.Wait(); err != nil {
		t.Fatal(err)
	}
}

func (b *brickBench) makeVolumes(t *testing.T) {
	h := installedHeketi(t)
	for made := 0; made < b.volumes; {
		step := min(brickStep, b.volumes-made)
		_, took, err := h.make(step)
		if err != nil {
			t.Fatal(err)
		}
		made += step
		b.note(fmt.Sprintf("making %d volumes, up to %d", step, made), took.Round(100*time.Millisecond))
		b.noteMemory(t, made)
	}
}

// memoryCommand prints the name and the memory, in KiB, pages that are shared counted in part, of GlusterFS's processes.
const memoryCommand = `for process in /proc/[0-9]*; do
    name=$(cat "$process/comm" 2> /dev/null) || continue
    case $name in glusterd | glusterfsd | glusterfs | glusterfs-host) awk -v name="$name" '/^Pss:/ { print name, $2 }' "$process/smaps_rollup" ;; esac
done`

func (b *brickBench) noteMemory(t *testing.T, bricks int) {
	t.Helper()
	m := env.machines[0]
	output, err := m.Run(t.Context(), memoryCommand)
	if err != nil {
		t.Fatal(err)
	}
	sum, number := map[string]int{}, map[string]int{}
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		kib, err := strconv.Atoi(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		sum[fields[0]] += kib
		number[fields[0]]++
	}
	var text []string
	for _, name := range slices.Sorted(maps.Keys(sum)) {
		text = append(text, fmt.Sprintf("%d %s %d MiB", number[name], name, sum[name]/1024))
	}
	b.note(fmt.Sprintf("memory of a node's GlusterFS with %d bricks", bricks), strings.Join(text, ", "))
	b.note(fmt.Sprintf("working set of its pod with %d bricks, as kubelet sees it", bricks), fmt.Sprintf("%d MiB", workingSet(t, m.name)>>20))
}

// workingSet is the memory of a node's GlusterFS pod by which kubelet chooses whom to evict, in bytes.
func workingSet(t *testing.T, node string) int {
	t.Helper()
	var summary struct {
		Pods []struct {
			PodRef struct{ Name, Namespace string }
			Memory struct{ WorkingSetBytes int }
		}
	}
	if err := json.Unmarshal([]byte(kubectl(t, "get", "--raw", "/api/v1/nodes/"+node+"/proxy/stats/summary")), &summary); err != nil {
		t.Fatal(err)
	}
	for _, pod := range summary.Pods {
		if pod.PodRef.Namespace == "glusterfs" && strings.HasPrefix(pod.PodRef.Name, "glusterfs-") {
			return pod.Memory.WorkingSetBytes
		}
	}
	return 0
}

// answers notes how long questions take that people ask.
func (b *brickBench) answers(t *testing.T) {
	b.timed("gluster volume status all", func() {
		kubectl(t, "exec", "--namespace=glusterfs", "daemonset/glusterfs", "--container=glusterfs", "--", "gluster", "--mode=script", "volume", "status", "all")
	})
	b.timed("kubectl glusterfs rollout --dry-run", func() { waitHealed(t) })
}

// podIsDeleted has all of a node's bricks end and start.
func (b *brickBench) podIsDeleted(t *testing.T) {
	old := kubectl(t, "get", "pods", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=glusterfs", "--field-selector=spec.nodeName="+env.machines[0].name, "-o", "name")
	logs, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: env.programs.cluster.Kubectl, Args: []string{"logs", "--follow", "--namespace=glusterfs", old, "--container=glusterfs"},
		Env: env.person.Environment, Log: filepath.Join(env.logs, "deleted-pod.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.timed("a GlusterFS pod ends", func() { kubectl(t, "delete", old, "--namespace=glusterfs", "--timeout=5m") })
	for _, bad := range []string{"Killed what did not end", "Cannot unmount"} {
		if strings.Contains(logs.Output(), bad) {
			t.Errorf("the pod that was deleted said %q: %s", bad, logs.Output())
		}
	}
	b.timed("the next one is ready, with all bricks", func() { waitWhole(t) })
	b.timed("nothing is left to heal", func() { waitHealed(t) })
	checkRestarts(t, 0)
}

func (b *brickBench) allNodesOffAndOn(t *testing.T) {
	for _, m := range env.machines {
		if err := m.off(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.timed("all bricks run again, from when all nodes, which were off, are switched on", func() {
		switchOn(t)
		b.waitBricks(t)
	})
	b.timed("until all pods are ready, and heketi has all its disks", func() { waitWhole(t) })
	b.timed("nothing is left to heal after that", func() { waitHealed(t) })
	checkRestarts(t, 1)
}

// waitBricks waits until each machine runs a brick of each volume: what Kubernetes tells of pods is of before at first.
func (b *brickBench) waitBricks(t *testing.T) {
	t.Helper()
	for _, m := range env.machines {
		eventually(t, func(ctx context.Context) error {
			running, err := m.Run(ctx, "pgrep -c -x glusterfsd")
			if err == nil && running != strconv.Itoa(b.volumes) {
				err = fmt.Errorf("%s runs %s bricks, want %d", m.name, running, b.volumes)
			}
			return err
		})
	}
}

// checkRestarts checks that no container of GlusterFS was started again more often than that.
func checkRestarts(t *testing.T, most int) {
	t.Helper()
	for restarts := range strings.FieldsSeq(kubectl(t, "get", "pods", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=glusterfs", "-o", "jsonpath={.items[*].status.containerStatuses[0].restartCount}")) {
		if number, err := strconv.Atoi(restarts); err != nil || number > most {
			t.Errorf("a GlusterFS container was started again %s times (%v), want %d at most", restarts, err, most)
		}
	}
}

// heketiStarts has heketi start with all its volumes, and make one more.
func (b *brickBench) heketiStarts(t *testing.T) {
	b.timed("heketi's pod is deleted, and the next one serves", func() { killHeketi(t) })
	ids, took, err := installedHeketi(t).make(1)
	if err != nil {
		t.Fatal(err)
	}
	b.note("one more volume", took.Round(100*time.Millisecond))
	took, err = installedHeketi(t).remove(ids)
	if err != nil {
		t.Fatal(err)
	}
	b.note("deleting it", took.Round(100*time.Millisecond))
}
