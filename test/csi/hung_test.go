package csi

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"glusterfs-provisioner/test/bench"
)

// TestClientHangs stops a client, so that it answers nothing, and does not resume it. The
// next pod after the end of the first one gets the volume with a client that answers, and
// the first client is ended.
func TestClientHangs(t *testing.T) {
	p := startPlugin(t, "--answer-timeout=1s", "--unmount-timeout=2s", "--survey-interval=1s", "--abort-after=5s")
	v := newVolume(t)
	first := p.use(t, v, "pod")
	write(t, first, "file")
	client := clientOf(t, p.stagingPath(v))
	stop(t, client)
	for range 5 {
		if condition := p.stats(t, v, "pod").GetVolumeCondition(); !condition.GetAbnormal() || !strings.Contains(condition.GetMessage(), "does not answer") {
			t.Fatalf("the condition is %v", condition)
		}
	}
	// It is asked only once, or threads would pile up.
	p.mustHaveMetric(t, "glusterfs_csi_node_system_calls_running 1")
	if err := p.publish(t.Context(), v, "other", false); status.Code(err) != codes.Unavailable {
		t.Errorf("publishing ended with %v", err)
	}
	p.end(t, v, "pod")
	second := p.use(t, v, "pod")
	mustHaveFile(t, second)
	if condition := p.stats(t, v, "pod").GetVolumeCondition(); condition.GetAbnormal() {
		t.Errorf("the condition is %v", condition)
	}
	mustEnd(t, client)
	p.mustHaveMetric(t, "glusterfs_csi_node_clients_without_mount 0")
	p.mustHaveMetric(t, "glusterfs_csi_node_system_calls_running 0")
	mustHaveFile(t, second)
}

// TestNextClientDiesBesideOneThatHangs has a client hang, ends the pod, starts another and
// kills its client. That is dead and healed, though the first client goes on.
func TestNextClientDiesBesideOneThatHangs(t *testing.T) {
	p := startPlugin(t, "--answer-timeout=1s", "--unmount-timeout=2s", "--survey-interval=1s")
	v := newVolume(t)
	p.use(t, v, "pod")
	hung := clientOf(t, p.stagingPath(v))
	stop(t, hung)
	p.stats(t, v, "pod")
	p.end(t, v, "pod")
	p.mustHaveMetric(t, "glusterfs_csi_node_clients_without_mount 1")
	pod := p.use(t, v, "pod")
	for _, client := range clientsOf(t, p.stagingPath(v)) {
		if client != hung {
			kill(t, client)
		}
	}
	if condition := p.stats(t, v, "pod").GetVolumeCondition(); !condition.GetAbnormal() || !strings.Contains(condition.GetMessage(), "is gone") {
		t.Errorf("the condition is %v", condition)
	}
	if err := p.publish(t.Context(), v, "pod", false); err != nil {
		t.Fatal(err)
	}
	write(t, pod, "file")
}

// TestPluginEndsWhileAClientHangs ends the plugin, in both ways in which kubelet does, while
// a client waits for bricks that hang. It has read what the plugin asked, so the kernel
// lets nobody end who waits for the answer.
func TestPluginEndsWhileAClientHangs(t *testing.T) {
	p := startPlugin(t, "--answer-timeout=1s", "--unmount-timeout=2s", "--survey-interval=1s", "--shutdown-grace=3s")
	v := newVolume(t)
	if _, err := env.hosts.All()[0].Run(t.Context(), "gluster --mode=script volume set "+v.name+" network.ping-timeout 600"); err != nil {
		t.Fatal(err)
	}
	pod := p.use(t, v, "pod")
	write(t, pod, "file")
	for _, brick := range bricksOf(t, v) {
		stop(t, brick)
	}
	p.mustHaveMetric(t, `glusterfs_csi_node_staged_volumes{health="silent"} 1`)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(p.process.PID(), signal); err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.process.Ended():
		case <-time.After(patience):
			t.Fatalf("%v has not ended the plugin", signal)
		}
		// What it leaves is not in its container, whose end would wait for it.
		if left := p.processes(t); len(left) > 0 {
			t.Errorf("left in the container are %v", left)
		}
		p.start(t)
		p.mustHaveMetric(t, `glusterfs_csi_node_staged_volumes{health="silent"} 1`)
	}
	for _, brick := range bricksOf(t, v) {
		if err := syscall.Kill(brick, syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	}
	p.mustHaveMetric(t, `glusterfs_csi_node_staged_volumes{health="alive"} 1`)
	mustHaveFile(t, pod)
}

// TestClientIsKeptByAnotherContainer has another container have a copy of the node's mounts
// when the last pod of a volume ends. The client is told of, and ends with that container. The
// volume can be staged again meanwhile.
func TestClientIsKeptByAnotherContainer(t *testing.T) {
	p := startPlugin(t, "--unmount-timeout=2s", "--survey-interval=1s", "--abort-after=1s")
	v := newVolume(t)
	p.use(t, v, "pod")
	client := clientOf(t, p.stagingPath(v))
	other := exec.CommandContext(t.Context(), "unshare", "--mount", "--propagation=private", "sleep", "infinity")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	bench.Eventually(t, patience, func(context.Context) error {
		if name := processInfo(t, other.Process.Pid, "comm"); name != "sleep\n" {
			return fmt.Errorf("it is %s", name)
		}
		return nil
	})
	p.end(t, v, "pod")
	p.mustHaveMetric(t, "glusterfs_csi_node_clients_without_mount 1")
	p.mustLog(t, "its GlusterFS client goes on", v.name, fmt.Sprintf("process %d", other.Process.Pid))
	// By then it would be ended if nobody had the mount.
	p.waitForSurveys(t, 4)
	p.mustHaveMetric(t, "glusterfs_csi_node_clients_without_mount 1")
	if clientOf(t, p.stagingPath(v)) != client {
		t.Error("the client was ended")
	}
	p.use(t, v, "next")
	p.end(t, v, "next")
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, client)
	p.mustHaveMetric(t, "glusterfs_csi_node_clients_without_mount 0")
}

// stop has a process do nothing until it is resumed or killed, at the end of the test at
// the latest.
func stop(t *testing.T, process int) {
	t.Helper()
	if err := syscall.Kill(process, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(process, syscall.SIGCONT) })
}

func mustEnd(t *testing.T, process int) {
	t.Helper()
	bench.Eventually(t, patience, func(context.Context) error {
		// What nobody waits for has no command line when it has ended.
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", process)); err == nil && len(text) > 0 {
			return fmt.Errorf("process %d is still there", process)
		}
		return nil
	})
}

// bricksOf are the processes that serve a volume's bricks.
func bricksOf(t *testing.T, v glusterVolume) []int {
	t.Helper()
	var found []int
	for process, arguments := range commandLines(t) {
		if filepath.Base(arguments[0]) == "glusterfsd" && strings.Contains(strings.Join(arguments, " "), bricks+"/"+v.name+" ") {
			found = append(found, process)
		}
	}
	if len(found) == 0 {
		t.Fatalf("nobody serves the bricks of %s", v.name)
	}
	return found
}

// commandLines are those of all processes.
func commandLines(t *testing.T) map[int][]string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int][]string{}
	for _, file := range files {
		// A process that is gone by now is not looked for.
		text, _ := os.ReadFile(file)
		process, err := strconv.Atoi(strings.Split(file, "/")[2])
		if err != nil {
			t.Fatal(err)
		}
		all[process] = strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
	}
	return all
}

// mustHaveMetric waits until the plugin tells a line.
func (p *plugin) mustHaveMetric(t *testing.T, want string) {
	t.Helper()
	bench.Eventually(t, patience, func(context.Context) error {
		if !strings.Contains("\n"+p.get(t, "/metrics"), "\n"+want+"\n") {
			return fmt.Errorf("the metrics do not have %s", want)
		}
		return nil
	})
}

// waitForSurveys waits until the plugin has looked at its mounts so many times.
func (p *plugin) waitForSurveys(t *testing.T, times int) {
	t.Helper()
	seen := map[string]bool{}
	bench.Eventually(t, patience, func(context.Context) error {
		_, rest, _ := strings.Cut(p.get(t, "/metrics"), "\nglusterfs_csi_node_last_survey_timestamp_seconds ")
		last, _, _ := strings.Cut(rest, "\n")
		seen[last] = true
		if len(seen) <= times {
			return fmt.Errorf("there were %d surveys, want %d", len(seen)-1, times)
		}
		return nil
	})
}

// mustLog waits until the plugin has a line in its log that has all the words.
func (p *plugin) mustLog(t *testing.T, words ...string) {
	t.Helper()
	bench.Eventually(t, patience, func(context.Context) error {
		text, err := os.ReadFile(filepath.Join(env.logs, p.name+".log"))
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			has := true
			for _, word := range words {
				has = has && strings.Contains(line, word)
			}
			if has {
				return nil
			}
		}
		return fmt.Errorf("the log has no line with %q", words)
	})
}
