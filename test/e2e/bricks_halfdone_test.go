package e2e

import (
	"fmt"
	"testing"
	"time"

	"glusterfs-provisioner/test/e2e/gluster"
)

// TestBricksHalfDoneExpansion kills heketi when gluster has the bricks of an expansion
// already and heketi has not noted it, and writes on, so that half of the data is on the
// bricks that heketi takes for its own to undo.
func TestBricksHalfDoneExpansion(t *testing.T) {
	prepareBricks(t)
	was, namespace, alarmed := presentNow(t), namespaceFor(t), alarms(t)
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	k := startKeeper(t, namespace)
	k.fill(t, "old", 50, 4<<10)

	interruptExpansion(t, namespace)
	volumeOfPod := brickCount(t, 6)
	k.fill(t, "new", 50, 64)
	must(t, env.heketi.Start(t.Context()))

	if !waitGrownOrHalfDone(t, namespace, 2) {
		t.Errorf("the claim has grown, although heketi does not count the bricks that gluster's volume %s has", volumeOfPod)
	}
	// In this time the provisioner tries again, several times.
	pause(t, 20*time.Second)
	checkStillPending(t)
	cutPower(t)
	k.check(t)
	checkStillPending(t)

	mend(t)
	checkWhole(t, namespace, 2)
	k.check(t)
	raise(t, namespace, 3)
	checkWhole(t, namespace, 3)
	k.check(t)
	k.checkListed(t)
	k.goesOn(t)
	// Nobody but a person has ended the operation.
	if now := alarms(t); now != alarmed {
		t.Errorf("the provisioner says that heketi has undone something by itself: %s", now)
	}
	deleteAll(t, namespace, was)
}

// interruptExpansion raises the claim "data" to 2 GiB, and kills heketi when gluster has the
// new bricks.
func interruptExpansion(t *testing.T, namespace string) {
	t.Helper()
	held := hold(t, gluster.HoldOptions{Command: "volume add-brick", Moment: gluster.After})
	raise(t, namespace, 2)
	reach(t, held)
	must(t, env.heketi.Kill())
	must(t, held.Release(t.Context()))
}

// alarms are the provisioner's events that tell of heketi undoing something by itself.
func alarms(t *testing.T) string {
	t.Helper()
	return kubectl(t, "get", "events", "--namespace="+ourNamespace, "--field-selector=reason=HeketiCleanedUp", "-o", "jsonpath={.items[*].message}")
}

// brickCount checks that the only volume of gluster's has so many bricks, and returns its
// name.
func brickCount(t *testing.T, want int) (volume string) {
	t.Helper()
	host := env.hosts.All()[0]
	volume = onHost(t, host, "gluster volume list")
	if bricks := onHost(t, host, "gluster volume info "+volume+" | grep -c '^Brick[0-9]*:'"); bricks != fmt.Sprint(want) {
		t.Fatalf("the volume %s has %s bricks, want %d", volume, bricks, want)
	}
	return volume
}

// checkStillPending checks that nobody has had heketi undo its only operation.
func checkStillPending(t *testing.T) {
	t.Helper()
	database, err := readHeketi()
	must(t, err)
	if len(database.Operations) != 1 || len(database.Bricks) != 6 {
		t.Errorf("heketi has %d pending operations and %d bricks, want 1 and 6", len(database.Operations), len(database.Bricks))
	}
}
