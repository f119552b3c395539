package e2e

import (
	"context"
	"testing"
)

// TestBricksBusy has something else than gluster use a brick when its volume is deleted.
// heketi cannot unmount it, and says so; when it is free, the rest is deleted.
func TestBricksBusy(t *testing.T) {
	prepareBricks(t)
	before, namespace := presentNow(t), namespaceFor(t)
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	v := volumeOf(t, namespace, "data")
	user := v.bricks[0]
	onHost(t, user.host, "cd "+user.mountPoint()+" && setsid sh -c 'echo $$ > /run/user-of-brick; exec sleep 600' < /dev/null > /dev/null 2>&1 &")
	const leave = "kill -KILL $(cat /run/user-of-brick)"
	t.Cleanup(func() { _, _ = user.host.Run(context.Background(), leave) }) // It may have left.
	kubectl(t, "delete", "pvc", "data", "--namespace="+namespace)
	waitWarning(t, "default", v.pv.Name, "VolumeFailedDelete", "busy")
	onHost(t, user.host, leave)
	eventuallySame(t, before)
}
