package preflight

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glusterfs-provisioner/host/bricks"
	"glusterfs-provisioner/host/ownership"
	"glusterfs-provisioner/host/store"
)

// Finding is something that is wrong with a node.
type Finding struct {
	// Check is the name of what was checked, for --skip.
	Check string
	// Problem is what was found, and Remedy what to do.
	Problem, Remedy string
	// Advice is whether GlusterFS runs all the same.
	Advice bool
}

// Error tells problem and remedy.
func (f *Finding) Error() string { return f.Check + ": " + f.Problem + "; " + f.Remedy }

// check is one thing that is checked.
type check struct {
	name string
	// judge returns what is wrong.
	judge func(Facts) []Finding
}

// checks are all of them, in the order in which they are told.
var checks = []check{
	{"node-name", judgeNode},
	{"modules", judgeModules},
	{"lvm", judgeLVM},
	{"thin-tools", judgeThinTools},
	{"xfs", judgeXFS},
	{"glusterd", judgeServers},
	{"ports", judgePorts},
	{"left-overs", judgeLeftOvers},
	{"glusterd-id", judgeID},
	{"devices", judgeDevices},
	{"client", judgeClient},
}

// AtStart are the checks of each start of the host, which do not depend on what the node has installed.
var AtStart = []string{"node-name", "glusterd", "ports", "left-overs", "glusterd-id"}

// Names are the names of all checks.
func Names() []string {
	var names []string
	for _, check := range checks {
		names = append(names, check.name)
	}
	return names
}

// Judge returns what the checks of those names find wrong.
func Judge(facts Facts, names []string) []*Finding {
	var findings []*Finding
	for _, check := range checks {
		if !slices.Contains(names, check.name) {
			continue
		}
		for _, finding := range check.judge(facts) {
			finding.Check = check.name
			findings = append(findings, &finding)
		}
	}
	return findings
}

func one(problem, remedy string) []Finding { return []Finding{{Problem: problem, Remedy: remedy}} }

func judgeNode(f Facts) []Finding {
	if f.Node != "" {
		return nil
	}
	return one("the node's name is not known", "set NODE_NAME to the pod's spec.nodeName, as deploy/glusterfs/ does")
}

func judgeModules(f Facts) []Finding {
	var findings []Finding
	for _, module := range slices.Sorted(maps.Keys(f.Modules)) {
		if err := f.Modules[module]; err != nil {
			findings = append(findings, Finding{
				Problem: fmt.Sprintf("the kernel has no module %s: %v", module, err),
				Remedy:  fmt.Sprintf("run modprobe %s on the node, after installing the kernel's further modules if it finds none", module),
			})
		}
	}
	return findings
}

func judgeLVM(f Facts) []Finding {
	if f.LVM == nil {
		return nil
	}
	return one(fmt.Sprintf("LVM does not run on the node: %v", f.LVM), "install lvm2 on the node, and have hostPID and privileged in the pod")
}

func judgeThinTools(f Facts) []Finding {
	if f.ThinTools == nil {
		return nil
	}
	return one(fmt.Sprintf("the node has no thin_check, without which LVM activates no thin pool: %v", f.ThinTools),
		"install thin-provisioning-tools (device-mapper-persistent-data) on the node")
}

// needs are the kernels that mount what mkfs.xfs makes by default since a version of xfsprogs: big timestamps and
// counted inode trees, and large extent counters.
var needs = []struct {
	feature         string
	progs, kernel   [2]int
	progsAt, kernAt string
}{
	{"nrext64", [2]int{6, 5}, [2]int{5, 19}, "6.5", "5.19"},
	{"bigtime", [2]int{5, 15}, [2]int{5, 10}, "5.15", "5.10"},
}

func judgeXFS(f Facts) []Finding {
	progs, known := version(f.XFSProgs)
	if !known {
		return one("the version of mkfs.xfs cannot be told", "use the image of the target glusterfs-host")
	}
	kernel, known := version(f.Kernel)
	if !known {
		return one(fmt.Sprintf("the kernel's release %q cannot be read", f.Kernel), "tell its number")
	}
	for _, need := range needs {
		if slices.Compare(progs[:], need.progs[:]) >= 0 && slices.Compare(kernel[:], need.kernel[:]) < 0 {
			return one(
				fmt.Sprintf("kernel %s cannot mount what mkfs.xfs %s makes: %s is the default since %s, and kernels have it since %s", f.Kernel, f.XFSProgs, need.feature, need.progsAt, need.kernAt),
				fmt.Sprintf("run a kernel of %s or newer, or an image with an older xfsprogs", need.kernAt))
		}
	}
	return nil
}

var versionNumber = regexp.MustCompile(`^(\d{1,5})\.(\d{1,5})`)

// version returns the first two numbers of a version.
func version(text string) (numbers [2]int, known bool) {
	parts := versionNumber.FindStringSubmatch(text)
	if parts == nil {
		return numbers, false
	}
	for i := range numbers {
		numbers[i], _ = strconv.Atoi(parts[i+1]) // They are short digits.
	}
	return numbers, true
}

func judgeServers(f Facts) []Finding {
	if len(f.Servers) == 0 {
		return nil
	}
	var told []string
	for _, server := range f.Servers {
		told = append(told, fmt.Sprintf("%s (process %d)", server.Name, server.PID))
	}
	return one("a GlusterFS runs on the node already: "+strings.Join(told, ", "),
		"end it there, and keep it from starting again: systemctl disable --now glusterd; pkill -x glusterfsd; if it is a pod's, as gk-deploy made them, delete its DaemonSet")
}

func judgePorts(f Facts) []Finding {
	var findings []Finding
	for _, listener := range f.Listeners {
		who := "another process"
		if listener.PID > 0 {
			who = fmt.Sprintf("%s (process %d)", listener.Name, listener.PID)
		}
		remedy := "end that on the node"
		if listener.Port != GlusterdPort {
			remedy += ", or choose another port by --http-address"
		}
		findings = append(findings, Finding{Problem: fmt.Sprintf("port %d is taken by %s", listener.Port, who), Remedy: remedy})
	}
	return findings
}

func judgeLeftOvers(f Facts) []Finding {
	problem := ownership.Judge(f.Found, f.Node, f.Cluster)
	if problem == "" {
		return nil
	}
	return one(problem, "to clear it, which gives up its volumes, remove what is in /var/lib/glusterd and /var/lib/heketi on the node and wipe its disks (docs/glusterfs-host.md#clearing-a-node); "+
		"to go on with it, start once with --skip=left-overs")
}

// judgeID finds a glusterd that would make itself another id, by which no peer knows it.
func judgeID(f Facts) []Finding {
	if !f.Found.Lost() {
		return nil
	}
	return one(fmt.Sprintf("/var/lib/glusterd/%s has no UUID, though glusterd has peers or volumes: a power cut or a full disk may have emptied it", store.IdentityFile),
		"write the lines UUID=... and operating-version=... into it, which gluster pool list and gluster volume get all cluster.op-version tell on another host (docs/glusterfs-host.md#damaged-files)")
}

func judgeDevices(f Facts) []Finding {
	var findings []Finding
	for _, device := range f.Devices {
		path, another := device.Path, "name another"
		switch {
		case device.Err != nil:
			findings = append(findings, Finding{Problem: fmt.Sprintf("device %s: %v", path, device.Err), Remedy: "name one that ls -l /dev/disk/by-id/ shows on the node"})
		case bricks.IsGroup(device.Group):
			if f.Found.Mark == nil || f.Found.Mark.Node != f.Node {
				findings = append(findings, Finding{
					Problem: fmt.Sprintf("device %s has heketi's volume group %s, perhaps with bricks, and the node is not known as their host", path, device.Group),
					Remedy:  another + ", or see docs/glusterfs-host.md#clearing-a-node",
				})
			}
			// heketi has got it already.
		case len(device.Holders) > 0:
			findings = append(findings, Finding{Problem: fmt.Sprintf("device %s is in use by %s", path, strings.Join(device.Holders, ", ")), Remedy: another})
		case len(device.Signatures) > 0:
			findings = append(findings, Finding{
				Problem: fmt.Sprintf("device %s is not empty: it has %s", path, strings.Join(device.Signatures, ", ")),
				Remedy:  fmt.Sprintf("%s, or, if nothing on it is needed, run wipefs --all %s on the node", another, path),
			})
		}
	}
	return findings
}

func judgeClient(f Facts) []Finding {
	if f.Client == nil {
		return nil
	}
	return []Finding{{
		Problem: fmt.Sprintf("the node has no mount.glusterfs, so pods on it cannot have volumes by the node plugin: %v", f.Client),
		Remedy:  "install glusterfs-client (glusterfs-fuse) there, or use deploy/csi-variants/container-client", Advice: true,
	}}
}
