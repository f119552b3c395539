package e2e

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// writeOn writes a number to the volume about five times a second, until that fails.
const writeOn = `n=0
while echo $n >> /1/log; do n=$((n+1)); usleep 200000; done
echo failed after $n
sleep infinity`

// writer is a pod that writes to a volume without end.
type writer struct {
	namespace string
	volume    volume
}

// startWriter starts a pod that writes to the volume of the claim "data", and waits
// until it does.
func startWriter(t *testing.T, namespace string) writer {
	t.Helper()
	startPodAs(t, namespace, "writer", func(pod *v1.Pod) {
		pod.Spec.Containers[0].Command = []string{"sh", "-c", writeOn}
	}, "data")
	w := writer{namespace: namespace, volume: volumeOf(t, namespace, "data")}
	w.waitForMore(t, 1)
	return w
}

// lines is how many lines are in the volume's brick on the first host.
func (w writer) lines(t *testing.T) int {
	t.Helper()
	lines, err := w.countLines(t.Context(), w.volume.on(t, env.hosts.All()[0]))
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func (writer) countLines(ctx context.Context, brick brick) (int, error) {
	output, err := brick.run(ctx, "cat log 2> /dev/null | wc -l")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(output)
}

// waitForMore waits until there are so many more lines in the brick on the first
// host.
func (w writer) waitForMore(t *testing.T, more int) {
	t.Helper()
	brick, want := w.volume.on(t, env.hosts.All()[0]), w.lines(t)+more
	eventually(t, func(ctx context.Context) error {
		lines, err := w.countLines(ctx, brick)
		if err == nil && lines < want {
			err = fmt.Errorf("the pod has written %d lines, want %d", lines, want)
		}
		return err
	})
}

// checkNeverFailed checks that no write failed and that the pod was not restarted.
func (w writer) checkNeverFailed(t *testing.T) {
	t.Helper()
	if log := kubectl(t, "logs", "--namespace="+w.namespace, "writer"); log != "" {
		t.Errorf("the pod that writes says: %s", log)
	}
	pod, err := env.client.CoreV1().Pods(w.namespace).Get(t.Context(), "writer", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if restarts := pod.Status.ContainerStatuses[0].RestartCount; restarts != 0 {
		t.Errorf("the pod that writes was restarted %d times", restarts)
	}
}

// TestHostIsOffForAWhile switches a host off while a pod writes, and on again. Then
// all that was written meanwhile comes to it.
func TestHostIsOffForAWhile(t *testing.T) {
	makeClass(t, "healed", nil)
	makeNamespace(t, "healing")
	makeClaim(t, claim{namespace: "healing", name: "data", class: "healed"})
	w := startWriter(t, "healing")
	host := env.hosts.All()[2]
	switchOff(t, host)
	w.waitForMore(t, 20)
	switchOn(t, host)
	w.waitForMore(t, 20)
	w.checkNeverFailed(t)
	remove(t, "healing", "pod/writer")
	waitHealed(t, w.volume.on(t, host), w.volume.on(t, env.hosts.All()[0]))
}

// waitHealed waits until a brick has what another one has.
func waitHealed(t *testing.T, brick, other brick) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		want, err := other.run(ctx, "sha256sum log; wc -l log")
		if err != nil {
			return err
		}
		healed, err := brick.run(ctx, "sha256sum log; wc -l log")
		if err == nil && healed != want {
			err = fmt.Errorf("the file on the host that was off is %s, on the others %s", healed, want)
		}
		return err
	})
}

// TestClaimWhileAHostIsOff makes a claim while a host is off that it needs.
func TestClaimWhileAHostIsOff(t *testing.T) {
	makeClass(t, "waiting", nil)
	makeNamespace(t, "waiting")
	host := env.hosts.All()[2]
	switchOff(t, host)
	makeClaim(t, claim{namespace: "waiting", name: "data", class: "waiting"})
	eventually(t, func(ctx context.Context) error {
		events, err := try(ctx, "get", "events", "--namespace=waiting", "--field-selector=type=Warning,involvedObject.name=data", "-o", "jsonpath={.items[*].message}")
		if err == nil && !strings.Contains(events, host.Address()) {
			err = fmt.Errorf("no event of the claim names the host %s that is off: %q", host.Address(), events)
		}
		return err
	})
	switchOn(t, host)
	volumeOf(t, "waiting", "data")
	startPod(t, "waiting", "writer", "data")
	shell(t, "waiting/writer", "echo well > /1/it")
}

// TestRestartsInTheMiddle kills heketi, then the provisioner, while volumes are
// being made.
func TestRestartsInTheMiddle(t *testing.T) {
	makeClass(t, "interrupted", nil)
	makeNamespace(t, "interrupted")
	claims := []string{"first", "second", "third", "fourth"}
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
	if waiting := phasesOf(t, "interrupted"); !strings.Contains(waiting, string(v1.ClaimPending)) {
		t.Errorf("the claims are %s before the provisioner is killed, want one that waits", waiting)
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

func phasesOf(t *testing.T, namespace string) string {
	t.Helper()
	return kubectl(t, "get", "pvc", "--namespace="+namespace, "-o", "jsonpath={.items[*].status.phase}")
}

// waitForBrick waits until heketi has begun to make a brick, where there was none.
func waitForBrick(t *testing.T) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
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
	w := startWriter(t, "steady")
	if err := env.node.StopKubelet(); err != nil {
		t.Fatal(err)
	}
	w.waitForMore(t, 10)
	if err := env.node.StartKubelet(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.waitForMore(t, 10)
	w.checkNeverFailed(t)
	startPod(t, "steady", "reader", "data")
	shell(t, "steady/reader", "tail -n 1 /1/log")
}
