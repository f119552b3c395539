package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestBricksOlderDatabase has heketi run on an older copy of its database, which does not
// know the newest volumes and bricks. Nothing is deleted or grown because of that, and when
// the newest copy is back all goes on.
func TestBricksOlderDatabase(t *testing.T) {
	prepareBricks(t)
	before, namespace := presentNow(t), namespaceFor(t)
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	k := startKeeper(t, namespace)
	k.fill(t, "first", 10, 256)
	older := swapDatabase(t, nil)
	raise(t, namespace, 2)
	waitGrown(t, namespace, 2)
	k.fill(t, "second", 20, 64)
	makeClaim(t, claim{namespace: namespace, name: "newer", class: bricksClass})
	newer := volumeOf(t, namespace, "newer")
	newest := swapDatabase(t, older)

	checkFindings(t, "lost", "disagreement", "unknown-brick", "only-in-gluster", "stray-lv", "stray-lv", "stray-lv", "stray-lv", "stray-lv", "stray-lv", "stray-lv", "stray-lv", "stray-lv", "stray-lv", "stray-lv", "stray-lv")
	raise(t, namespace, 3)
	waitWarning(t, namespace, "data", "VolumeResizeFailed", "half done")
	kubectl(t, "delete", "pvc", "newer", "--namespace="+namespace)
	waitWarning(t, "default", newer.pv.Name, "VolumeFailedDelete", "gluster has volume "+newer.name)
	if err := checkGrown(t.Context(), namespace, 2); err != nil {
		t.Error(err)
	}
	cutPower(t)
	k.check(t)

	swapDatabase(t, newest)
	waitGrown(t, namespace, 3)
	k.check(t)
	checkWhole(t, namespace, 3)
	deleteAll(t, namespace, before)
}

// swapDatabase has heketi run on another copy of its database, if there is one, and returns
// the one that it ran on.
func swapDatabase(t *testing.T, other []byte) []byte {
	t.Helper()
	must(t, env.heketi.Kill())
	database, err := env.heketi.ExportDatabase(t.Context())
	must(t, err)
	if other != nil {
		must(t, env.heketi.ImportDatabase(t.Context(), other))
	}
	must(t, env.heketi.Start(t.Context()))
	return database
}

// waitWarning waits until a warning of a claim, or a PersistentVolume, says something. Events
// of the latter are in the namespace default.
func waitWarning(t *testing.T, namespace, name, reason, said string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		events, err := try(ctx, "get", "events", "--namespace="+namespace, "--field-selector=type=Warning,reason="+reason+",involvedObject.name="+name, "-o", "jsonpath={.items[*].message}")
		if err == nil && !strings.Contains(events, said) {
			err = fmt.Errorf("no event of %s/%s says %q: %q", namespace, name, said, events)
		}
		return err
	})
}
