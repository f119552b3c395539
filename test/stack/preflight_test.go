package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glusterfs-provisioner/test/e2e/node"
)

// manifestOfHosts is the file with the DaemonSet, and flagOfMachines its flag that only the machines of the tests need.
const (
	manifestOfHosts = "deploy/glusterfs/30-daemonset.yaml"
	flagOfMachines  = "            - --skip=modules\n"
)

// passOver is the command of docs/glusterfs-host.md that has the pods pass a check over.
const passOver = `kubectl -n glusterfs patch daemonset glusterfs --type=json -p '[{"op": "add", "path": "/spec/template/spec/initContainers/0/args/-", "value": "--skip=CHECK"}, {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--skip=CHECK"}]'`

// clearNode is the command of the same page that clears a node.
const clearNode = "rm -rf /var/lib/glusterd /var/lib/heketi"

// TestPreflightOnNodes has the machines lack what a GlusterFS host needs. The pod's first container says what, with the remedy, and
// writes nothing on the machine; once it is mended there, the pod starts by itself.
func TestPreflightOnNodes(t *testing.T) {
	asBefore := leavesTheMachinesAsTheyWere(t)
	for _, step := range []struct {
		name string
		take func(*testing.T)
	}{
		{"NoPodAnywhere", testNoPodAnywhere},
		{"Modules", testModules},
		{"MachineLacksSomething", testMachineLacksSomething},
		{"LeftOvers", testLeftOvers},
		{"Devices", testDevices},
		{"KernelAndName", testKernelAndName},
		{"ImageIsMissing", testImageIsMissing},
		{"Remove", testRemoveHosts},
	} {
		if !t.Run(step.name, step.take) {
			explain(t)
			return
		}
	}
	asBefore()
}

// testNoPodAnywhere installs the hosts where no node has the label, and where no such pods may be.
func testNoPodAnywhere(t *testing.T) {
	// As it is elsewhere.
	changeManifest(t, strings.NewReplacer(flagOfMachines, ""))
	asksHosts(t, "kubectl apply -f deploy/glusterfs/")
	waitUntilPrints(t, "0", "get", "daemonset", "--namespace=glusterfs", "glusterfs", "-o", "jsonpath={.status.desiredNumberScheduled}")
	if said := asksHosts(t, "kubectl -n glusterfs get daemonset glusterfs"); !strings.Contains(said, "gluster.org/storage-node=true") {
		t.Errorf("it does not say what label nodes need: %s", said)
	}
	kubectl(t, "label", "namespace", "glusterfs", "pod-security.kubernetes.io/enforce=baseline", "--overwrite")
	label(t, env.machines...)
	waitUntilHostsSay(t, "kubectl -n glusterfs describe daemonset glusterfs", `FailedCreate.*violates PodSecurity "baseline:latest"`)
	asksHosts(t, "kubectl label namespace glusterfs pod-security.kubernetes.io/enforce=privileged --overwrite")
}

// testModules has a kernel without device-mapper, as the machines of the tests really have it. They pass the check over.
func testModules(t *testing.T) {
	for _, m := range env.machines {
		refused(t, m, "modules: the kernel has no module dm_thin_pool: .*; run modprobe dm_thin_pool on the node")
	}
	asksHosts(t, passOver, "CHECK", "modules")
	for _, m := range env.machines {
		asksHosts(t, "kubectl -n glusterfs delete pod POD", "POD", podOn(t, m))
		starts(t, m)
	}
	asksHosts(t, "kubectl apply -f deploy/glusterfs/")
}

// testMachineLacksSomething has each machine lack something else, and mends it there.
func testMachineLacksSomething(t *testing.T) {
	unlabel(t, env.machines...)
	packages, ports, glusterd := env.machines[0], env.machines[1], env.machines[2]
	packages.run(t, `mkdir -p /run/uninstalled/upper /run/uninstalled/work
mount -t overlay overlay -o lowerdir=/usr/sbin,upperdir=/run/uninstalled/upper,workdir=/run/uninstalled/work /usr/sbin
rm /usr/sbin/lvm /usr/sbin/thin_check /usr/sbin/mount.glusterfs`)
	ports.run(t, "for port in 24007 29608; do busybox httpd -p $port -h /run > /dev/null 2>&1; done")
	clearMachine(t, glusterd)
	glusterd.run(t, "mkdir -p /run/gluster && glusterd > /dev/null 2>&1")
	glusterd.run(t, "gluster --mode=script volume create foreign "+glusterd.address+":/var/lib/heketi/foreign force")

	before := statesOf(t)
	label(t, env.machines...)
	refused(t, packages,
		"lvm: LVM does not run on the node: .*No such file or directory.*; install lvm2 on the node",
		"thin-tools: the node has no thin_check, .*; install thin-provisioning-tools",
		"client: the node has no mount.glusterfs, .*; install glusterfs-client")
	taken := refused(t, ports,
		`ports: port 24007 is taken by busybox \(process \d+\); end that on the node`,
		`ports: port 29608 is taken by busybox \(process \d+\); end that on the node, or choose another port by --http-address`)
	refused(t, glusterd,
		`glusterd: a GlusterFS runs on the node already: glusterd \(process \d+\); end it there, .* systemctl disable --now glusterd; pkill -x glusterfsd`,
		`left-overs: the node has a GlusterFS that was not made by this: its id is [-0-9a-f]+, it has 0 peers and 1 volumes \(foreign\); to clear it, `)
	expectSameStates(t, before)

	packages.run(t, "umount --lazy /usr/sbin")
	// It tells of each twice: while it waits for a former pod to end, and then.
	processes := map[string]bool{}
	for _, process := range regexp.MustCompile(`busybox \(process (\d+)\)`).FindAllStringSubmatch(taken, -1) {
		processes[process[1]] = true
	}
	for process := range processes {
		ports.run(t, "kill "+process)
	}
	glusterd.run(t, "pkill -x glusterd && while pgrep -x glusterd; do sleep 0.1; done")
	clearMachine(t, glusterd)
	for _, m := range env.machines {
		starts(t, m)
	}
}

// testLeftOvers has GlusterFS on the machines that is half gone, another node's, and another cluster's.
func testLeftOvers(t *testing.T) {
	unlabel(t, env.machines...)
	half, copied, elsewhere := env.machines[0], env.machines[1], env.machines[2]
	clearMachine(t, copied)
	copied.run(t, "cp -a "+half.file("glusterd")+"/. /var/lib/glusterd/")
	clearMachine(t, half)
	group, brick := "vg_"+strings.Repeat("a", 32), "brick_"+strings.Repeat("b", 32)
	half.run(t, fmt.Sprintf("echo /dev/mapper/%s-%s /var/lib/heketi/mounts/%s/%s xfs rw 1 2 > /var/lib/heketi/fstab", group, brick, group, brick))
	elsewhere.run(t, "sed -E -i s/[0-9a-f]{64}/"+strings.Repeat("0", 64)+"/g /var/lib/glusterd/glusterfs-host.json")

	before := statesOf(t)
	label(t, env.machines...)
	refused(t, half, "left-overs: heketi's list of mounts has 1 bricks, and glusterd's store is empty: .*; to clear it, ")
	refused(t, copied, `left-overs: the GlusterFS on the node was made for the node "node-1", and this one is "node-2": .*; to clear it, `)
	refused(t, elsewhere, "left-overs: the GlusterFS on the node was made in another Kubernetes cluster: .* to go on with it, start once with --skip=left-overs")
	expectSameStates(t, before)

	clearMachine(t, half)
	clearMachine(t, copied)
	starts(t, half)
	starts(t, copied)
	id := elsewhere.run(t, "cat /var/lib/glusterd/glusterd.info")
	asksHosts(t, passOver, "CHECK", "left-overs")
	asksHosts(t, "kubectl -n glusterfs delete pod POD", "POD", podOn(t, elsewhere))
	starts(t, elsewhere)
	// It is this cluster's from now on.
	asksHosts(t, "kubectl apply -f deploy/glusterfs/")
	asksHosts(t, "kubectl -n glusterfs delete pod POD", "POD", podOn(t, elsewhere))
	starts(t, elsewhere)
	if now := elsewhere.run(t, "cat /var/lib/glusterd/glusterd.info"); now != id {
		t.Errorf("glusterd was %q, and is %q", id, now)
	}
}

// testDevices has preflight look at a disk that is not empty.
func testDevices(t *testing.T) {
	unlabel(t, env.machines...)
	m := env.machines[0]
	disk := m.run(t, "truncate --size=400M /var/lib/heketi/disk && mkfs.xfs -q /var/lib/heketi/disk && losetup --find --show /var/lib/heketi/disk")
	patchHosts(t, fmt.Sprintf(`[{"op": "add", "path": "/spec/template/spec/initContainers/0/args/-", "value": "--devices=%s,/dev/nvme7n1"}]`, disk))
	before := statesOf(t)
	label(t, m)
	refused(t, m, "devices: device "+disk+" is not empty: it has xfs; name another, or, if nothing on it is needed, run wipefs --all "+disk,
		"devices: device /dev/nvme7n1: .*no such file or directory; name one that ls -l /dev/disk/by-id/ shows on the node")
	expectSameStates(t, before)
	m.run(t, "wipefs --all "+disk+" && cp -a "+disk+" /dev/nvme7n1")
	starts(t, m)
	unlabel(t, m)
	m.run(t, "losetup --detach "+disk+" && rm /var/lib/heketi/disk /dev/nvme7n1")
}

// testKernelAndName has a pod that is told no name of its node, and a kernel that says that it is old.
func testKernelAndName(t *testing.T) {
	m := env.machines[0]
	asksHosts(t, "kubectl apply -f deploy/glusterfs/")
	patchHosts(t, `[{"op": "remove", "path": "/spec/template/spec/initContainers/0/env"},
		{"op": "add", "path": "/spec/template/spec/initContainers/0/command", "value": ["setarch", "--uname-2.6", "/usr/local/bin/glusterfs-host"]}]`)
	before := statesOf(t)
	label(t, m)
	refused(t, m, "node-name: the node's name is not known; set NODE_NAME to the pod's spec.nodeName",
		`xfs: kernel 2\.6\.\S+ cannot mount what mkfs.xfs \S+ makes: .*; run a kernel of 5.10 or newer, or an image with an older xfsprogs`)
	expectSameStates(t, before)
	asksHosts(t, "kubectl apply -f deploy/glusterfs/")
	kubectl(t, "patch", "daemonset", "glusterfs", "--namespace=glusterfs", "--type=json", "-p", `[{"op": "remove", "path": "/spec/template/spec/initContainers/0/command"}]`)
	asksHosts(t, "kubectl -n glusterfs delete pod POD", "POD", podOn(t, m))
	starts(t, m)
	unlabel(t, m)
}

// testImageIsMissing has an image that nobody has pushed, and then pushes it.
func testImageIsMissing(t *testing.T) {
	const unpushed = "registry.example.com/glusterfs-host:unpushed"
	m := env.machines[0]
	kubectl(t, "set", "image", "--namespace=glusterfs", "daemonset/glusterfs", "preflight="+unpushed, "glusterfs="+unpushed)
	label(t, m)
	pod := podOn(t, m)
	waitUntilHostsSay(t, "kubectl -n glusterfs get pods -o wide", pod+` .* Init:(ErrImagePull|ImagePullBackOff) `)
	waitUntilHostsSay(t, "kubectl -n glusterfs describe pod POD", `Failed to pull image "`+unpushed+`": `, "POD", pod)
	if err := m.TagImage(t.Context(), node.HostImage, unpushed); err != nil {
		t.Fatal(err)
	}
	starts(t, m)
}

// testRemoveHosts takes the hosts away, and what they remember of themselves.
func testRemoveHosts(t *testing.T) {
	unlabel(t, env.machines...)
	kubectl(t, "delete", "-f", filepath.Join(env.person.Folder, "deploy/glusterfs"), "--timeout="+patience.String())
	for _, m := range env.machines {
		clearMachine(t, m)
	}
}

// clearMachine types what the page tells to type on a node whose GlusterFS is given up. The machine's folders are mounts, which
// stay, and one has what stands in for its disks.
func clearMachine(t *testing.T, m *machine) {
	t.Helper()
	if err := readsHosts(t).Finds(clearNode); err != nil {
		t.Fatal(err)
	}
	m.run(t, clearNode+" 2> /dev/null || true; mkdir -p "+m.lvm()+"; find /var/lib/glusterd /var/lib/heketi -mindepth 1 -not -path "+m.lvm())
}

// patchHosts changes the DaemonSet as no page tells.
func patchHosts(t *testing.T, patch string) {
	t.Helper()
	kubectl(t, "patch", "daemonset", "glusterfs", "--namespace=glusterfs", "--type=json", "-p", patch)
}

// changeManifest has the person change the manifest of the hosts, for as long as the test goes on.
func changeManifest(t *testing.T, change *strings.Replacer) {
	t.Helper()
	file := filepath.Join(env.person.Folder, manifestOfHosts)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(change.Replace(string(text)))
	t.Cleanup(func() { write(string(text)) })
}
