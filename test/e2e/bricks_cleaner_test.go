package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestBricksHeketiCleansUp has heketi's own cleaner undo an expansion that gluster has.
// It cannot while the bricks are in use, but takes them out of fstab. That is noticed, and
// once heketi is stopped, mended, and fstab repaired as the page says, nothing is lost.
func TestBricksHeketiCleansUp(t *testing.T) {
	prepareBricks(t)
	before, namespace := presentNow(t), namespaceFor(t)
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	k := startKeeper(t, namespace)
	k.fill(t, "old", 20, 256)
	listed := fstabLines(t)

	interruptExpansion(t, namespace)
	k.fill(t, "new", 20, 64)
	restartWithCleaner(t)
	if !waitGrownOrHalfDone(t, namespace, 2) {
		t.Fatal("the claim has grown, although heketi does not count the bricks that gluster has")
	}
	waitWarning(t, ourNamespace, ourNamespace, "HeketiCleansUp", "disable_background_cleaner")
	eventually(t, func(context.Context) error {
		if now := fstabLines(t); now != listed {
			return fmt.Errorf("the hosts' fstab have %d lines, want %d when heketi has tried to undo the expansion", now, listed)
		}
		return nil
	})
	must(t, env.heketi.Kill())
	must(t, env.heketi.Change(map[string]any{"disable_background_cleaner": true}))
	mend(t)
	waitGrown(t, namespace, 2)
	cutPower(t)
	k.check(t)
	checkWhole(t, namespace, 2)
	k.goesOn(t)
	deleteAll(t, namespace, before)
}

// fstabLines is how many bricks the hosts have in their fstab.
func fstabLines(t *testing.T) int {
	t.Helper()
	count := 0
	for _, host := range env.hosts.All() {
		count += strings.Count(onHost(t, host, "cat /var/lib/heketi/fstab"), "/brick_")
	}
	return count
}
