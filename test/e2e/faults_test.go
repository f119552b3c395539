package e2e

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// writeOn writes a number to the volume about five times a second, until that fails.
const writeOn = `n=0
while echo $n >> /1/log; do n=$((n+1)); usleep 200000; done
echo failed after $n
sleep infinity`

// startWriter starts a pod that writes to a claim's volume, and waits until it does.
func startWriter(t *testing.T, namespace, claim string) {
	t.Helper()
	startPodAs(t, namespace, "writer", func(pod *v1.Pod) {
		pod.Spec.Containers[0].Command = []string{"sh", "-c", writeOn}
	}, claim)
	waitForLines(t, linesOnBrick(t)+1)
}

// linesOnBrick is how many lines the file of a pod that writes has, in the brick on
// the first host.
func linesOnBrick(t *testing.T) int {
	t.Helper()
	lines, err := countLines(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func countLines(ctx context.Context, host int) (int, error) {
	output, err := env.hosts.All()[host].Run(ctx, "cat /var/lib/heketi/mounts/vg_*/brick_*/brick/log 2> /dev/null | wc -l")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(output))
}

// waitForLines waits until the file has so many lines, in the brick on the first
// host.
func waitForLines(t *testing.T, want int) {
	t.Helper()
	bench.Eventually(t, patience, func(ctx context.Context) error {
		lines, err := countLines(ctx, 0)
		if err == nil && lines < want {
			err = fmt.Errorf("the pod wrote %d lines, want %d", lines, want)
		}
		return err
	})
}

// TestHostIsOffForAWhile switches a host off while a pod writes, and on again.
func TestHostIsOffForAWhile(t *testing.T) {
	makeClass(t, "healed", nil)
	makeNamespace(t, "healing")
	makeClaim(t, claim{namespace: "healing", name: "data", class: "healed"})
	startWriter(t, "healing", "data")
	host := env.hosts.All()[2]
	switchOff(t, host)
	waitForLines(t, linesOnBrick(t)+20)
	switchOn(t, host)
	waitForLines(t, linesOnBrick(t)+20)
	if log := kubectl(t, "logs", "--namespace=healing", "writer"); log != "" {
		t.Errorf("the pod says: %s", log)
	}
	kubectl(t, "delete", "--namespace=healing", "pod", "writer", "--timeout="+patience.String())
	lines := linesOnBrick(t)
	bench.Eventually(t, patience, func(ctx context.Context) error {
		healed, err := countLines(ctx, 2)
		if err == nil && healed != lines {
			err = fmt.Errorf("the file has %d lines on the host that was off, %d on the others", healed, lines)
		}
		return err
	})
}

// TestClaimWhileAHostIsOff makes a claim while a host is off that it needs.
func TestClaimWhileAHostIsOff(t *testing.T) {
	host := env.hosts.All()[2]
	switchOff(t, host)
	makeClass(t, "waiting", nil)
	makeNamespace(t, "waiting")
	makeClaim(t, claim{namespace: "waiting", name: "data", class: "waiting"})
	bench.Eventually(t, patience, func(ctx context.Context) error {
		events, err := try(ctx, "get", "events", "--namespace=waiting", "--field-selector=type=Warning,involvedObject.name=data", "-o", "jsonpath={.items[*].message}")
		if err == nil && !strings.Contains(events, host.Address()) {
			err = fmt.Errorf("no event of the claim names the host %s that is off: %q", host.Address(), events)
		}
		return err
	})
	switchOn(t, host)
	volumeOf(t, "waiting", "data")
}

// TestRestartsInTheMiddle kills heketi, then the provisioner, while volumes are
// being made.
func TestRestartsInTheMiddle(t *testing.T) {
	makeClass(t, "interrupted", nil)
	makeNamespace(t, "interrupted")
	claims := []string{"first", "second", "third"}
	for _, name := range claims {
		makeClaim(t, claim{namespace: "interrupted", name: name, class: "interrupted"})
	}
	waitForBrick(t)
	if err := env.heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := env.heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "delete", "pods", "--namespace="+ourNamespace, "--selector=app.kubernetes.io/name=glusterfs-provisioner", "--grace-period=0", "--force")
	for _, name := range claims {
		volumeOf(t, "interrupted", name)
	}
	startPod(t, "interrupted", "writer", claims...)
	for i := range claims {
		shell(t, "interrupted/writer", fmt.Sprintf("echo well > /%d/it", i+1))
	}
}

// waitForBrick waits until heketi has begun to make a brick.
func waitForBrick(t *testing.T) {
	t.Helper()
	bench.Eventually(t, patience, func(ctx context.Context) error {
		for _, host := range env.hosts.All() {
			if bricks, err := host.Run(ctx, "cat /var/lib/heketi/fstab"); err != nil || bricks != "" {
				return err
			}
		}
		return fmt.Errorf("heketi makes no brick")
	})
}

// TestKubeletRestarts stops kubelet while a pod writes, and starts it again.
func TestKubeletRestarts(t *testing.T) {
	makeClass(t, "steady", nil)
	makeNamespace(t, "steady")
	makeClaim(t, claim{namespace: "steady", name: "data", class: "steady"})
	startWriter(t, "steady", "data")
	if err := env.node.StopKubelet(); err != nil {
		t.Fatal(err)
	}
	waitForLines(t, linesOnBrick(t)+10)
	if err := env.node.StartKubelet(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitForLines(t, linesOnBrick(t)+10)
	pod, err := env.client.CoreV1().Pods("steady").Get(t.Context(), "writer", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if restarts := pod.Status.ContainerStatuses[0].RestartCount; restarts != 0 {
		t.Errorf("the pod was restarted %d times", restarts)
	}
	startPod(t, "steady", "reader", "data")
	shell(t, "steady/reader", "tail -n 1 /1/log")
}
