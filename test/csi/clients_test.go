package csi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestPluginIsKilledWhileAPodWrites kills the plugin's container, and starts it again,
// while a process writes to the volume.
func TestPluginIsKilledWhileAPodWrites(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	pod := p.use(t, v, "pod")
	client := clientOf(t, p.stagingPath(v))
	// As one that a container runs, it is not in the plugin's cgroup.
	writer := exec.CommandContext(t.Context(), "sh", "-ec", `exec > "$0"; n=0; while [ -d "$1" ]; do echo $n; n=$((n+1)); sleep 0.02; done`, filepath.Join(pod, "log"), pod)
	var complaints strings.Builder
	writer.Stderr = &complaints
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	waitForLines(t, filepath.Join(pod, "log"), 10)
	p.killContainer(t)
	waitForLines(t, filepath.Join(pod, "log"), 50)
	p.start(t)
	if err := p.stage(t.Context(), v); err != nil {
		t.Error(err)
	}
	if err := p.publish(t.Context(), v, "pod", false); err != nil {
		t.Error(err)
	}
	waitForLines(t, filepath.Join(pod, "log"), 100)
	if err := writer.Process.Kill(); err != nil {
		t.Errorf("the writer has ended: %v, %s", err, complaints.String())
	}
	_ = writer.Wait()
	if now := clientOf(t, p.stagingPath(v)); now != client || client == 0 {
		t.Errorf("the volume is served by process %d, before by %d", now, client)
	}
	if mounts := mountsAt(t, pod); mounts != 1 {
		t.Errorf("the volume is mounted %d times for the pod", mounts)
	}
}

// waitForLines waits until a file has so many lines, without a gap.
func waitForLines(t *testing.T, path string, want int) {
	t.Helper()
	bench.Eventually(t, patience, func(context.Context) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		lines := bufio.NewScanner(file)
		n := 0
		for ; lines.Scan(); n++ {
			if lines.Text() != fmt.Sprint(n) {
				return bench.Final(fmt.Errorf("line %d is %q", n, lines.Text()))
			}
		}
		if n < want {
			return fmt.Errorf("%d lines, want %d", n, want)
		}
		return lines.Err()
	})
}

// TestDeadMountIsHealed kills the client of a volume that a pod uses. The next pod gets
// the volume, and so does the first one when it is made again.
func TestDeadMountIsHealed(t *testing.T) {
	p := startPlugin(t, "--survey-interval=1s")
	v := newVolume(t)
	first := p.use(t, v, "first")
	write(t, first, "file")
	killClient(t, p.stagingPath(v))
	bench.Eventually(t, patience, func(context.Context) error {
		if _, err := os.Stat(first); !errors.Is(err, syscall.ENOTCONN) {
			return fmt.Errorf("the mount is not dead: %w", err)
		}
		return nil
	})
	if condition := p.stats(t, v, "first").GetVolumeCondition(); !condition.GetAbnormal() || !strings.Contains(condition.GetMessage(), "client") {
		t.Errorf("the condition is %v", condition)
	}
	bench.Eventually(t, patience, func(context.Context) error {
		metrics := p.get(t, "/metrics")
		for _, want := range []string{
			`glusterfs_csi_node_staged_volumes{health="dead"} 1`,
			fmt.Sprintf(`glusterfs_csi_node_sick_volume{health="dead",persistentvolume="%s",volume="%s"} 1`, v.name, v.name),
			"glusterfs_csi_node_last_survey_timestamp_seconds 1",
		} {
			if !strings.Contains(metrics, want) {
				return fmt.Errorf("the metrics have no %s", want)
			}
		}
		return nil
	})
	p.mustLog(t, "The health of a volume has changed", v.name, p.stagingPath(v))
	if err := p.publish(t.Context(), v, "second", false); err != nil {
		t.Fatal(err)
	}
	second := p.targetPath(v, "second")
	mustHaveFile(t, second)
	if err := p.publish(t.Context(), v, "first", false); err != nil {
		t.Fatal(err)
	}
	mustHaveFile(t, first)
	if metrics := p.get(t, "/metrics"); !strings.Contains(metrics, "glusterfs_csi_node_dead_mounts_healed_total 1") {
		t.Error("the metrics do not tell of the healing")
	}
	if err := p.unpublish(t.Context(), v, "second"); err != nil {
		t.Error(err)
	}
}

// TestDeadMountIsUnmounted kills a client, and then ends the pod.
func TestDeadMountIsUnmounted(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	p.use(t, v, "pod")
	killClient(t, p.stagingPath(v))
}

// TestDeadMountIsCleanedUpAtStart kills client and plugin. What the pod has stays, so
// that nothing is written to the node's disk.
func TestDeadMountIsCleanedUpAtStart(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	pod := p.use(t, v, "pod")
	p.killContainer(t)
	killClient(t, p.stagingPath(v))
	p.start(t)
	if mounts := mountsAt(t, p.stagingPath(v)); mounts != 0 {
		t.Errorf("the volume is still staged %d times", mounts)
	}
	if mounts := mountsAt(t, pod); mounts != 1 {
		t.Errorf("the volume is mounted %d times for the pod", mounts)
	}
}
