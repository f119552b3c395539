package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testNodeIsReplaced takes a machine that is new into the list, and says of the first one that it is to be drained, as
// docs/gluster-cluster.md tells. The keeper is killed meanwhile, and a pod writes. What was written is there, on three nodes.
func testNodeIsReplaced(t *testing.T) {
	added, err := addMachine(t.Context(), env.images, len(env.machines)+1)
	if err != nil {
		t.Fatal(err)
	}
	env.machines = append(env.machines, added)
	if err := added.On(t.Context()); err != nil {
		t.Fatal(err)
	}
	claimMany(t)
	waitBound(t)
	startWriter(t)
	replaced, others := env.machines[0], env.machines[1:]
	replaced.words = []string{"drain"}
	list(t, env.machines...)
	eventually(t, func(ctx context.Context) error {
		said, err := try(ctx, "get", "events", "--field-selector=reason=DeviceDrained", "-o", "name")
		if err == nil && said == "" {
			err = errors.New("no disk is drained yet")
		}
		return err
	})
	crashKeeper(t)
	waitPhase(t, replaced.name, "{.phase}", "Drained")
	list(t, others...)
	replaced.words, replaced.isReplaced = nil, true
	waitUntilPrints(t, "True", "get", "glustercluster", "glusterfs", "-o", `jsonpath={.status.conditions[?(@.type=="InSync")].status}`)
	waitReady(t)
	waitHealed(t)
	checkLines(t)
	checkPicture(t)
	if left, err := replaced.Run(t.Context(), traces["the bricks of heketi"]+"; "+traces["the volumes and peers of glusterd"]); err != nil || left != "" {
		t.Errorf("on the node that was replaced, left is %q (%v)", left, err)
	}
	deleteMany(t)
}

// testDiskDies has a disk die while a pod writes, with bricks of many volumes on it. A person says that it is lost, and then puts an empty
// one in its place. Nothing that was written is missing.
func testDiskDies(t *testing.T) {
	claimMany(t)
	waitBound(t)
	startWriter(t)
	others := slices.DeleteFunc(slices.Clone(env.machines), func(m *machine) bool { return m.isReplaced })
	struck := others[1]
	disk := struck.disks[1]
	bricks := struck.destroy(t, disk)
	if len(bricks) == 0 {
		t.Fatalf("no brick is on %s of %s", disk, struck.name)
	}
	struck.wordsOf = map[string][]string{disk: {"drain", "lost"}}
	list(t, others...)
	waitPhase(t, struck.name, fmt.Sprintf("{.devices[?(@.path==%q)].phase}", disk), "Drained")
	waitHealed(t)
	checkLines(t)
	checkPicture(t)

	struck.wordsOf = nil
	list(t, others...)
	waitUntilPrints(t, "6/6", "get", "glustercluster", "glusterfs", "-o", "jsonpath={.status.summary.devices}")
	waitReady(t)
	waitBound(t)
	waitHealed(t)
	deleteMany(t)
}

// destroy has a disk die as its file systems see it, with LVM seeing none any more, and returns where its bricks are mounted.
func (m *machine) destroy(t *testing.T, disk string) []string {
	t.Helper()
	group := forgetDisk(t, m.lvmFile(), disk)
	pod := kubectl(t, "get", "pods", "--namespace=glusterfs", "--selector=app.kubernetes.io/name=glusterfs", "--field-selector=spec.nodeName="+m.name, "-o", "jsonpath={.items[0].metadata.name}")
	in := func(command string) string {
		return kubectl(t, "exec", "--namespace=glusterfs", pod, "--", "sh", "-c", command)
	}
	bricks := strings.Fields(in("awk '$2 ~ /mounts." + group + "/ {print $2}' /proc/self/mounts"))
	for _, brick := range bricks {
		in("xfs_io -x -c shutdown " + brick)
	}
	if _, err := m.Run(t.Context(), "rm -f /dev/mapper/"+group+"-* "+m.lvm()+"/"+group+"-*"); err != nil {
		t.Fatal(err)
	}
	return bricks
}

// lvmFile is where what stands in for the machine's LVM keeps what there is.
func (m *machine) lvmFile() string {
	return filepath.Join(m.file("heketi"), filepath.Base(m.lvm()), "lvm.json")
}

// readLVM reads what there is by such a file: physical volumes and so on.
func readLVM(t *testing.T, file string) (all map[string][]map[string]any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// diskWithBricks is a disk of the machine that has bricks.
func (m *machine) diskWithBricks(t *testing.T) string {
	t.Helper()
	mounts, err := m.Run(t.Context(), "ls -d /var/lib/heketi/mounts/vg_*/brick_*")
	if err != nil {
		t.Fatal(err)
	}
	for _, physical := range readLVM(t, m.lvmFile())["Physical"] {
		group, _ := physical["Group"].(string)
		if disk, is := physical["Device"].(string); is && group != "" && strings.Contains(mounts, group+"/brick_") {
			return disk
		}
	}
	t.Fatalf("%s has no bricks but %s", m.name, mounts)
	return ""
}

// forgetDisk takes a disk out of what stands in for LVM, and returns the name of the volume group on it.
func forgetDisk(t *testing.T, file, disk string) (group string) {
	t.Helper()
	all := readLVM(t, file)
	for _, physical := range all["Physical"] {
		if physical["Device"] == disk {
			group, _ = physical["Group"].(string)
		}
	}
	for kind, entries := range all {
		all[kind] = slices.DeleteFunc(entries, func(entry map[string]any) bool { return group != "" && entry["Group"] == group })
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil || group == "" {
		t.Fatalf("%s is in the group %q; %v", disk, group, err)
	}
	return group
}

// startWriter starts the pod whose lines checkLines looks at.
func startWriter(t *testing.T) {
	t.Helper()
	apply(t, writer)
	kubectl(t, "wait", "--for=condition=Ready", "pod/writer", "--timeout="+patience.String())
}

// list has the object list those machines.
func list(t *testing.T, machines ...*machine) {
	t.Helper()
	writeCluster(t, machines)
	types(t, "kubectl apply -f examples/glustercluster.yaml")
}

// waitPhase waits until something of a node's status in the object has that phase.
func waitPhase(t *testing.T, node, path, phase string) {
	t.Helper()
	waitUntilPrints(t, phase, "get", "glustercluster", "glusterfs", "-o", fmt.Sprintf(`jsonpath={range .status.nodes[?(@.name==%q)]}%s{end}`, node, path))
}

// waitHealed waits until nothing is left to heal, and all bricks are served.
func waitHealed(t *testing.T) {
	t.Helper()
	eventually(t, func(context.Context) error {
		if status, said := rollout(t, "--dry-run"); status != 0 {
			return fmt.Errorf("kubectl glusterfs rollout --dry-run ends with %d: %s", status, said)
		}
		return nil
	})
}
