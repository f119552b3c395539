package stack

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/e2e/person"
)

// backOff is the longest time after which a kubelet tries a container again, with what that takes.
const backOff = 6 * time.Minute

// readsHosts is the person, who reads docs/glusterfs-host.md, too.
func readsHosts(t *testing.T) *person.Person {
	t.Helper()
	reader, err := env.person.AlsoReads("docs/glusterfs-host.md")
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

// asksHosts types a command of that page, with words in capitals and what takes their place, and returns what it printed.
func asksHosts(t *testing.T, command string, words ...string) string {
	t.Helper()
	said, err := readsHosts(t).TypesWith(t.Context(), command, words...)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// waitUntilHostsSay waits until a command of the page prints what a pattern matches, in one line.
func waitUntilHostsSay(t *testing.T, command, pattern string, words ...string) {
	t.Helper()
	reader := readsHosts(t)
	eventually(t, func(ctx context.Context) error {
		said, err := reader.TypesWith(ctx, command, words...)
		if err == nil && !regexp.MustCompile(pattern).MatchString(said) {
			err = fmt.Errorf("%s does not say %q: %s", command, pattern, said)
		}
		return err
	})
}

// label has machines get GlusterFS pods.
func label(t *testing.T, machines ...*machine) {
	t.Helper()
	for _, m := range machines {
		asksHosts(t, "kubectl label node NODE gluster.org/storage-node=true", "NODE", m.name)
	}
}

// unlabel has machines have none any more.
func unlabel(t *testing.T, machines ...*machine) {
	t.Helper()
	for _, m := range machines {
		asksHosts(t, "kubectl label node NODE gluster.org/storage-node-", "NODE", m.name)
	}
	for _, m := range machines {
		waitUntilPrints(t, "", "get", "pods", "--namespace=glusterfs", "--field-selector=spec.nodeName="+m.name, "-o", "name")
	}
}

// podOn is the name of the GlusterFS pod of a machine, as soon as there is one.
func podOn(t *testing.T, m *machine) (name string) {
	t.Helper()
	eventually(t, func(ctx context.Context) (err error) {
		name, err = try(ctx, "get", "pods", "--namespace=glusterfs", "--field-selector=spec.nodeName="+m.name, "-o",
			"go-template={{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}{{end}}{{end}}")
		if err == nil && name == "" {
			err = fmt.Errorf("%s has no GlusterFS pod", m.name)
		}
		return err
	})
	return name
}

// refused waits until the pod of a machine says why it does not start, wherever the page tells to look: each of the patterns in
// one line. It returns what the first container says.
func refused(t *testing.T, m *machine, patterns ...string) (said string) {
	t.Helper()
	pod := podOn(t, m)
	waitUntilHostsSay(t, "kubectl -n glusterfs get pods -o wide", pod+` .* Init:(Error|CrashLoopBackOff) .* `+m.name+" ")
	for _, pattern := range patterns {
		waitUntilHostsSay(t, "kubectl -n glusterfs logs POD -c preflight", pattern, "POD", pod)
		waitUntilHostsSay(t, "kubectl -n glusterfs describe pod POD", pattern, "POD", pod)
	}
	said = asksHosts(t, "kubectl -n glusterfs logs POD -c preflight", "POD", pod)
	t.Logf("on %s, preflight says:\n%s", m.name, said)
	return said
}

// starts waits until the pod of a machine is ready, which is the one that there is already.
func starts(t *testing.T, m *machine) {
	t.Helper()
	pod, start := podOn(t, m), time.Now()
	kubectl(t, "wait", "--namespace=glusterfs", "pod/"+pod, "--for=condition=Ready", "--timeout="+backOff.String())
	t.Logf("the pod on %s was ready after %s", m.name, time.Since(start).Round(time.Second))
}

// run runs a command on the machine, as root.
func (m *machine) run(t *testing.T, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandBound)
	defer cancel()
	output, err := m.Run(ctx, command)
	if err != nil {
		t.Fatalf("on %s: %v", m.name, err)
	}
	return output
}

// stateScript prints all that a GlusterFS host may write on a machine, and what is mounted there, but for what kubelet and containerd
// mount for pods. What stands in for LVM writes into its folder whenever it is asked; the traces have what it answers.
const stateScript = `set -e
find /var/lib/glusterd /var/lib/heketi /var/log/glusterfs -not -path '/var/lib/heketi/lvm-*' -printf '%p %y %m %U:%G %s %T@ %l\n' | sort
find /var/lib/glusterd /var/lib/heketi /var/log/glusterfs -xdev -not -path '/var/lib/heketi/lvm-*' -type f -size -2M -exec sha256sum {} + | sort
awk '{ print $1, $2, $3, $4 }' /proc/self/mounts | grep -v -e /run/containerd/ -e /var/lib/kubelet/ -e /run/netns/ | sort
losetup --list --noheadings --output NAME,BACK-FILE
find /dev -path /dev/pts -prune -o -path /dev/shm -prune -o -printf '%p %y %m %l\n' | sort | sha256sum
`

// statesOf are the states of the machines, by their names.
func statesOf(t *testing.T) map[string]string {
	t.Helper()
	states := map[string]string{}
	for _, m := range env.machines {
		states[m.name] = m.run(t, stateScript)
	}
	found, err := tracesOf(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, trace := range found {
		states[name] = trace
	}
	return states
}

// expectSameStates checks that nothing was written on any machine.
func expectSameStates(t *testing.T, before map[string]string) {
	t.Helper()
	for name, now := range statesOf(t) {
		if now != before[name] {
			t.Errorf("%s is not what it was: %s", name, strings.Join(changedLines(before[name], now), "\n"))
		}
	}
}

// changedLines are the lines that only one of two texts has.
func changedLines(before, now string) (changed []string) {
	old, current := strings.Split(before, "\n"), strings.Split(now, "\n")
	for _, line := range old {
		if !slices.Contains(current, line) {
			changed = append(changed, "- "+line)
		}
	}
	for _, line := range current {
		if !slices.Contains(old, line) {
			changed = append(changed, "+ "+line)
		}
	}
	return changed
}
