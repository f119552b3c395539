package keeper

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// TestFaultWhileProvisioning breaks keepers while a provisioner makes, grows and deletes volumes by them. No
// volume is lost, made twice or left. It is over before the tests that run side by side begin: their keepers
// would not start empty beside its PersistentVolumes.
func TestFaultWhileProvisioning(t *testing.T) {
	scenes := map[string]func(*testing.T, *provisioning){
		"killed before it is saved, same folder": killedWhileProvisioning(bench.Hold, false),
		"killed before it is saved, elsewhere":   killedWhileProvisioning(bench.Hold, true),
		"killed after it is saved, elsewhere":    killedWhileProvisioning(bench.HoldAnswer, true),
		"nothing can be saved":                   nothingIsSavedWhileProvisioning,
	}
	begun := map[string]*provisioning{}
	for name := range scenes {
		begun[name] = newProvisioning(t)
	}
	t.Run("scenes", func(t *testing.T) {
		for name, play := range scenes {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(t, begun[name])
			})
		}
	})
}

// killedWhileProvisioning kills the keeper twice while claims get their volumes, and twice while these are deleted,
// each time while it saves. In between they grow.
func killedWhileProvisioning(action bench.Action, elsewhere bool) func(*testing.T, *provisioning) {
	return func(t *testing.T, p *provisioning) {
		p.killWhileSaving(t, action, elsewhere, func() { p.claim(t, 4) })
		p.killWhileSaving(t, action, elsewhere, func() {})
		p.waitSettled(t, 1)
		p.grow(t, 2)
		p.waitSettled(t, 2)
		p.killWhileSaving(t, action, elsewhere, func() { p.unclaim(t) })
		p.killWhileSaving(t, action, elsewhere, func() {})
		p.waitSettled(t, 0)
	}
}

// killWhileSaving kills the keeper at the next save after a change, and starts another one, in its folder or
// elsewhere.
func (p *provisioning) killWhileSaving(t *testing.T, action bench.Action, elsewhere bool, change func()) {
	t.Helper()
	disturbed := p.proxy.Disturb(http.MethodPut, "/secrets/heketi-database$", action)
	change()
	select {
	case <-disturbed.Reached():
	case <-time.After(soon):
		t.Fatal("it does not save")
	}
	p.keeper.kill(t)
	p.proxy.Calm()
	folder := p.keeper.folder
	if elsewhere {
		folder = t.TempDir()
	}
	p.startKeeper(t, folder)
}

// nothingIsSavedWhileProvisioning takes the API server away from the keeper, but not from the provisioner, which
// tells on the claims that nothing counts. No claim has a volume that is not saved.
func nothingIsSavedWhileProvisioning(t *testing.T, p *provisioning) {
	for _, change := range []struct {
		make   func()
		reason string
		gib    int
	}{
		{func() { p.claim(t, 4) }, "ProvisioningFailed", 1}, {func() { p.grow(t, 2) }, "VolumeResizeFailed", 2},
	} {
		if err := p.proxy.Down(); err != nil {
			t.Fatal(err)
		}
		change.make()
		p.waitTold(t, change.reason, "so what heketi tells does not count yet; try again")
		if sizes, err := p.sizes(t.Context()); err != nil || len(sizes) != 4*(change.gib-1) || slices.Contains(slices.Collect(maps.Values(sizes)), change.gib) {
			t.Errorf("PersistentVolumes of %v are there, of what is not saved, %v", sizes, err)
		}
		if err := p.proxy.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.waitSettled(t, change.gib)
	}
	p.unclaim(t)
	p.waitSettled(t, 0)
}

// waitTold waits until an event of a claim says that.
func (p *provisioning) waitTold(t *testing.T, reason, want string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		events, err := env.client.CoreV1().Events(p.place.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		var told []string
		for i := range events.Items {
			event := &events.Items[i]
			if event.Reason == reason && strings.Contains(event.Message, want) {
				return nil
			}
			told = append(told, event.Reason+": "+event.Message)
		}
		return fmt.Errorf("no event %s says %q, but:\n%s", reason, want, strings.Join(told, "\n"))
	})
}
