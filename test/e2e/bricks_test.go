package e2e

import (
	"strings"
	"testing"
	"time"
)

// at runs a test for each step and what breaks there, one after the other.
func at(t *testing.T, b breakage, steps []step, run func(*testing.T, string, step, breakage)) {
	t.Helper()
	for _, s := range steps {
		t.Run(b.name+"/"+s.name(), func(t *testing.T) {
			// Before what the test makes, and so after it is gone.
			sweepAfterFailure(t)
			run(t, namespaceFor(t), s, b)
		})
	}
}

// namespaceFor is a namespace named after the test.
func namespaceFor(t *testing.T) string {
	t.Helper()
	name := strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune("/_.", r) {
			return '-'
		}
		return r
	}, strings.TrimPrefix(t.Name(), "Test")))
	return strings.Trim(name[:min(len(name), 63)], "-")
}

// laps is told what has been reached, and logs how long that took.
func laps(t *testing.T) func(reached string) {
	last := time.Now()
	return func(reached string) {
		t.Helper()
		t.Logf("%s after %s", reached, time.Since(last).Round(100*time.Millisecond))
		last = time.Now()
	}
}

func TestBricksCreate(t *testing.T) {
	prepareBricks(t)
	at(t, heketiKilled, stepsOfCreating, testCreate)
	at(t, commandLate, before("mkdir -p /", "lvcreate", "mkfs.xfs", "awk*fstab", "mount -o", "volume create", "volume start"), testCreate)
	at(t, provisionersKilled, after("lvcreate", "volume create", "volume start"), testCreate)
	at(t, glusterdPaused, before("volume create", "volume start"), testCreate)
	at(t, hostUnplugged, before("lvcreate", "volume create", "volume start"), testCreate)
	at(t, answerLost, after("lvcreate", "volume create", "volume start"), testCreate)
}

func TestBricksExpand(t *testing.T) {
	prepareBricks(t)
	at(t, heketiKilled, stepsOfExpanding, testExpand)
	at(t, commandLate, before("lvcreate", "awk*fstab", "mount -o", "volume add-brick", "volume rebalance"), testExpand)
	at(t, provisionersKilled, after("lvcreate", "volume add-brick", "volume rebalance"), testExpand)
	at(t, glusterdPaused, before("volume add-brick", "volume rebalance"), testExpand)
	at(t, hostUnplugged, before("lvcreate", "volume add-brick", "volume rebalance"), testExpand)
	at(t, answerLost, after("mount -o", "volume add-brick", "volume rebalance"), testExpand)
}

func TestBricksDelete(t *testing.T) {
	prepareBricks(t)
	at(t, heketiKilled, stepsOfDeleting, testDelete)
	at(t, commandLate, before("volume stop", "volume delete", "umount", "sed -i.save", "lvremove*brick_", "rmdir"), testDelete)
	at(t, provisionersKilled, after("volume stop", "volume delete", "umount", "lvremove*brick_"), testDelete)
	at(t, glusterdPaused, before("volume stop", "volume delete"), testDelete)
	at(t, hostUnplugged, before("volume stop", "volume delete", "umount"), testDelete)
	at(t, answerLost, after("volume stop", "volume delete", "umount", "lvremove*brick_"), testDelete)
}

// TestBricksCleaner is with a heketi that cleans up by itself, which nobody recommends:
// it does not ask gluster. What it does is done beside the provisioner, or before it.
func TestBricksCleaner(t *testing.T) {
	prepareBricks(t)
	restartWithCleaner(t)
	at(t, heketiKilled, after("lvcreate", "volume create"), testCreate)
	at(t, heketiKilled, after("mount -o"), testExpand)
	at(t, heketiKilled, after("volume delete"), testDelete)
}

// testCreate has something break while a volume is made.
func testCreate(t *testing.T, namespace string, s step, b breakage) {
	was, lap := presentNow(t), laps(t)
	makeNamespace(t, namespace)
	atStep(t, s, b, func() {
		makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	})
	lap("broken")
	k := startKeeper(t, namespace)
	k.fill(t, "first", 10, 256)
	lap("made and written to")
	cutPower(t)
	lap("power is back")
	k.check(t)
	checkWhole(t, namespace, 1)
	lap("checked")
	deleteAll(t, namespace, was)
	lap("deleted")
}

// testExpand has something break while a volume grows.
func testExpand(t *testing.T, namespace string, s step, b breakage) {
	was, lap := presentNow(t), laps(t)
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	k := startKeeper(t, namespace)
	k.fill(t, "first", 10, 256)
	lap("made and written to")
	atStep(t, s, b, func() { raise(t, namespace, 2) })
	lap("broken")
	halfDone := waitGrownOrHalfDone(t, namespace, 2)
	lap(map[bool]string{true: "half done", false: "grown"}[halfDone])
	// With new bricks, some of these are on them.
	k.fill(t, "second", 20, 64)
	if halfDone && b.undone {
		mend(t)
		lap("mended")
	}
	cutPower(t)
	lap("power is back")
	k.check(t)
	lap("checked")
	if halfDone && !b.undone {
		mend(t)
		lap("mended")
	}
	checkWhole(t, namespace, 2)
	k.checkListed(t)
	k.goesOn(t)
	lap("whole")
	deleteAll(t, namespace, was)
	lap("deleted")
}

// testDelete has something break while a volume is deleted. Another volume stays.
func testDelete(t *testing.T, namespace string, s step, b breakage) {
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	k := startKeeper(t, namespace)
	k.fill(t, "first", 10, 256)
	was, lap := presentNow(t), laps(t)
	makeClaim(t, claim{namespace: namespace, name: "gone", class: bricksClass})
	volumeOf(t, namespace, "gone")
	lap("made")
	atStep(t, s, b, func() {
		kubectl(t, "delete", "pvc", "gone", "--namespace="+namespace, "--wait=false")
	})
	lap("broken")
	eventuallySame(t, was)
	lap("nothing is left")
	cutPower(t)
	lap("power is back")
	k.check(t)
	eventuallySame(t, was)
	checkWhole(t, namespace, 1)
	lap("checked")
}

// deleteAll deletes the pod and the claim, and waits until everything is as before.
func deleteAll(t *testing.T, namespace string, was state) {
	t.Helper()
	remove(t, namespace, "pod/keeper", "pvc/data")
	eventuallySame(t, was)
}
