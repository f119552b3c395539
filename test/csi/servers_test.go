package csi

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"glusterfs-provisioner/test/bench"
)

// TestServersThatDoNotAnswer mounts from addresses of which only one answers, one drops
// all packets, and one is nobody's. Which is asked first is random, so it is tried often.
func TestServersThatDoNotAnswer(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	mute(t, "10.77.0.201")
	v.attributes["servers"] = "10.77.0.201,10.77.0.202," + env.hosts.All()[1].Address()
	for range 6 {
		start := time.Now()
		if err := p.stage(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		t.Logf("mounted in %v", time.Since(start))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("mounting took %v", took)
		}
		if err := p.unstage(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoServerAnswers is told, and does not take long.
func TestNoServerAnswers(t *testing.T) {
	p := startPlugin(t, "--mount-timeout=15s")
	v := newVolume(t)
	mute(t, "10.77.0.203")
	v.attributes["servers"] = "10.77.0.203"
	start := time.Now()
	err := p.stage(t.Context(), v)
	if status.Code(err) == codes.OK || !strings.Contains(err.Error(), "servers that do not answer: 10.77.0.203") {
		t.Errorf("error is %v", err)
	}
	t.Logf("after %v: %v", time.Since(start), err)
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	if mounts := mountsAt(t, p.stagingPath(v)); mounts != 0 || clientOf(t, p.stagingPath(v)) != 0 {
		t.Errorf("%d mounts are left, and client %d", mounts, clientOf(t, p.stagingPath(v)))
	}
}

// mute has all packets to an address be dropped, until the end of the test.
func mute(t *testing.T, address string) {
	t.Helper()
	rule := []string{"OUTPUT", "--destination", address, "--jump", "DROP"}
	if _, err := bench.Run(t.Context(), nil, "iptables", append([]string{"--append"}, rule...)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := bench.Run(context.Background(), nil, "iptables", append([]string{"--delete"}, rule...)...); err != nil {
			t.Error(err)
		}
	})
}

// TestServersAreGone ends a pod after all servers have gone, and starts another one when
// they are back.
func TestServersAreGone(t *testing.T) {
	p := startPlugin(t, "--answer-timeout=2s")
	v := newVolume(t)
	p.use(t, v, "first")
	if err := p.publish(t.Context(), v, "second", false); err != nil {
		t.Fatal(err)
	}
	hosts := env.hosts.All()
	switchOff(t, hosts, hosts...)
	start := time.Now()
	condition := p.stats(t, v, "second").GetVolumeCondition()
	if took := time.Since(start); !condition.GetAbnormal() || took > 10*time.Second {
		t.Errorf("after %v the condition is %v", took, condition)
	}
	start = time.Now()
	if err := p.unpublish(t.Context(), v, "second"); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("unpublishing took %v", took)
	}
	start = time.Now()
	err := p.publish(t.Context(), v, "third", false)
	if code := status.Code(err); code != codes.Unavailable || time.Since(start) > 15*time.Second {
		t.Errorf("after %v publishing ended with %v", time.Since(start), err)
	}
	// The client has noticed by now, and is still there.
	bench.Eventually(t, patience, func(context.Context) error {
		if message := p.stats(t, v, "first").GetVolumeCondition().GetMessage(); !strings.Contains(message, "reaches none") {
			return fmt.Errorf("the condition is %s", message)
		}
		return nil
	})
	client := clientOf(t, p.stagingPath(v))
	if err := switchOn(t.Context(), hosts); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, patience, func(ctx context.Context) error { return p.publish(ctx, v, "third", false) })
	write(t, p.targetPath(v, "third"), "file")
	if now := clientOf(t, p.stagingPath(v)); now != client {
		t.Errorf("the volume is served by process %d, before by %d", now, client)
	}
	if err := p.unpublish(t.Context(), v, "third"); err != nil {
		t.Error(err)
	}
}

// TestUnstagingWithoutServers takes away all that uses a volume while its servers are
// gone and a process waits for them.
func TestUnstagingWithoutServers(t *testing.T) {
	p := startPlugin(t, "--unmount-timeout=2s")
	v := newVolume(t)
	if err := p.stage(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if err := p.publish(t.Context(), v, "pod", false); err != nil {
		t.Fatal(err)
	}
	pod := p.targetPath(v, "pod")
	user := exec.CommandContext(t.Context(), "sh", "-c", `cd "$0"; while :; do ls; sleep 0.1; done`, pod)
	if err := user.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = user.Process.Kill(); _ = user.Wait() })
	switchOff(t, env.hosts.All(), env.hosts.All()...)
	start := time.Now()
	p.end(t, v, "pod")
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
}
