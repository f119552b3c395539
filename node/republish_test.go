package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/namespace"
)

// TestPublishedAgain calls the plugin as kubelet does about once a minute for a pod that
// runs. What the pod has stays the same mount.
func TestPublishedAgain(t *testing.T) {
	for _, readOnly := range []bool{false, true} {
		k := newKubelet(t, nil, readOnly)
		k.give(t)
		staged, published := k.onlyMountAt(t, k.staging).ID, k.onlyMountAt(t, k.target).ID
		for range 3 {
			if err := k.publish(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if now := k.onlyMountAt(t, k.staging).ID; now != staged {
			t.Errorf("what is staged is the mount %d, was %d", now, staged)
		}
		if now := k.onlyMountAt(t, k.target).ID; now != published {
			t.Errorf("what is published is the mount %d, was %d", now, published)
		}
	}
}

// TestDeadSubPathsAreForgotten kills the client of a volume of which containers use parts,
// for which kubelet has mounts of its own. They are gone when the volume is published again,
// and what other pods have is not touched.
func TestDeadSubPathsAreForgotten(t *testing.T) {
	k := newKubelet(t, nil, false)
	k.give(t)
	subPath := func(pod string) string {
		path := filepath.Join(k.dir, "pods", pod, subPathsFolder, "pvc-1", "shell", "0")
		if err := os.MkdirAll(path, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := k.service.Mounts.Bind(t.Context(), k.staging, path, false); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own, others := subPath("pod"), subPath("pod-2")
	if err := k.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.onlyMountAt(t, own)
	k.kill()
	if err := k.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := k.mountsAt(t, own); len(left) > 0 {
		t.Errorf("kubelet finds %v on %s", left[0], own)
	}
	k.onlyMountAt(t, others)
	if alive, dead := k.onlyMountAt(t, k.target), k.onlyMountAt(t, others); alive.Minor == dead.Minor {
		t.Errorf("the pod still has what is dead: %v", alive)
	}
}

// TestFailedHealingTakesNothingAway has a dead volume not be mounted again. The pod keeps
// what it has: a container that is started must not find the node's disk, and older kubelets
// remove the folder if nothing is mounted on it.
func TestFailedHealingTakesNothingAway(t *testing.T) {
	k := newKubelet(t, nil, false)
	k.give(t)
	dead := k.onlyMountAt(t, k.target)
	k.kill()
	k.volume = "pvc-2"
	if err := k.publish(t.Context()); err == nil {
		t.Error("another volume was published")
	}
	if now := k.onlyMountAt(t, k.target); now.ID != dead.ID {
		t.Errorf("the pod has the mount %v, had %v", now, dead)
	}
	if err := k.service.Mounts.Replace(t.Context(), k.staging, k.target, false); err == nil {
		t.Error("nothing was mounted in the place of what is dead")
	}
	if now := k.onlyMountAt(t, k.target); now.ID != dead.ID {
		t.Errorf("the pod has the mount %v, had %v", now, dead)
	}
	k.volume = ""
	if err := k.publish(t.Context()); err != nil {
		t.Error(err)
	}
	if now := k.onlyMountAt(t, k.target); now.Minor == dead.Minor {
		t.Errorf("the pod still has what is dead: %v", now)
	}
}

// TestNothingComesBetween heals a volume again and again while a container might start at any
// time. It never finds the node's disk.
func TestNothingComesBetween(t *testing.T) {
	needsLinux(t, 6, 5)
	for _, readOnly := range []bool{false, true} {
		k := newKubelet(t, nil, readOnly)
		k.give(t)
		stop := k.watchForDisk(t)
		for range 20 {
			k.kill()
			if err := k.publish(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if found := stop(); found > 0 {
			t.Errorf("the node's disk was found %d times", found)
		}
		if options := k.onlyMountAt(t, k.target).Options; slices.Contains(words(options), "ro") != readOnly {
			t.Errorf("the pod's mount is %s", options)
		}
	}
}

// watchForDisk looks at the pod's folder without a pause until it is stopped, and counts how
// often that was of the node's disk.
func (k *kubelet) watchForDisk(t *testing.T) (stop func() (found int)) {
	t.Helper()
	var disk unix.Stat_t
	if err := unix.Stat(k.dir, &disk); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan int, 1)
	go func() {
		// What is asked of its own thread is not given up.
		found, _ := namespace.Do(context.WithoutCancel(ctx), k.namespaces, func() (found int, err error) {
			for ctx.Err() == nil {
				var seen unix.Stat_t
				if unix.Stat(k.target, &seen) == nil && seen.Dev == disk.Dev {
					found++
				}
			}
			return found, nil
		})
		result <- found
	}()
	return func() int {
		cancel()
		return <-result
	}
}

// needsLinux leaves a test out on an older kernel.
func needsLinux(t *testing.T, major, minor int) {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	var gotMajor, gotMinor int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &gotMajor, &gotMinor); err != nil {
		t.Fatal(err)
	}
	if gotMajor < major || gotMajor == major && gotMinor < minor {
		t.Skipf("left out: needs Linux %d.%d, this is %d.%d", major, minor, gotMajor, gotMinor)
	}
}
