package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/maintenance"
	"glusterfs-provisioner/test/bench"
)

// rollout is the Lease as a rollout sees it.
func (p *place) rollout(who string) *maintenance.Lease {
	return maintenance.New(env.client.CoordinationV1(), p.namespace, "kubectl glusterfs rollout by "+who)
}

// waitNobodyHolds waits until nobody takes bricks away.
func (p *place) waitNobodyHolds(t *testing.T) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		holder, err := p.rollout("who looks").Holder(ctx)
		if err == nil && holder != "" {
			err = errors.New(holder)
		}
		return err
	})
}

// TestDrainWaitsForARollout has a drain touch no brick while a rollout holds the Lease, and go on once it has given that back.
func TestDrainWaitsForARollout(t *testing.T) {
	t.Parallel()
	f := newFilled(t)
	rollout := f.rollout("anna")
	must[context.Context](t)(rollout.Take(t.Context()))
	k := f.goOn(t, f.folder, asItIs)
	f.change(t, func(node *glustercluster.Node) { node.Drain = true })
	waitReason(t, f.name, disks.ConditionDraining, disks.WaitsForOthers, "the next step, to move a brick away from /dev/sdb",
		"kubectl glusterfs rollout by anna holds the Lease "+f.namespace+"/glusterfs-maintenance since", "bricks to move away: 1")
	expectEvents(t, f.name, "DrainWaits")
	if hosts := f.hosts(t, read(t, must[[]byte](t)(storeIn(t, f.namespace, nil).Load(t.Context())))); !slices.Contains(hosts, f.nodes[f.node].Name) {
		t.Errorf("the volume is on %q by now", hosts)
	}
	if err := rollout.Release(t.Context()); err != nil {
		t.Error(err)
	}
	f.expectDrained(t, k)
}

// TestFaultRolloutIsDead has a drain wait for a rollout no longer than the Lease is for that it has not given back, whatever its clock said.
func TestFaultRolloutIsDead(t *testing.T) {
	t.Parallel()
	f := newFilled(t)
	holder, seconds, at := "kubectl glusterfs rollout by anna", int32(10), metav1.NewMicroTime(time.Now().Add(time.Hour))
	must[*coordinationv1.Lease](t)(env.client.CoordinationV1().Leases(f.namespace).Create(t.Context(), &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: maintenance.Name},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, AcquireTime: &at, RenewTime: &at},
	}, metav1.CreateOptions{}))
	k := f.goOn(t, f.folder, asItIs)
	f.change(t, func(node *glustercluster.Node) { node.Drain = true })
	expectEvents(t, f.name, "DrainWaits")
	f.expectDrained(t, k)
}

// expectDrained waits until the node is drained, and nobody takes bricks away any more.
func (f *filled) expectDrained(t *testing.T, k *keeper) {
	t.Helper()
	f.waitDisk(t, disks.DeviceDrained)
	waitReason(t, f.name, disks.ConditionDraining, disks.AllDrained)
	f.expectOnOthers(t, k)
	f.waitNobodyHolds(t)
}

// TestFaultKeeperKilledWhileItHoldsTheLease has no rollout begin while a brick moves. The keeper is killed then, and the next one goes on
// at once, since it counts as the same.
func TestFaultKeeperKilledWhileItHoldsTheLease(t *testing.T) {
	t.Parallel()
	f, hang := newFilled(t), filepath.Join(t.TempDir(), "hang")
	if err := os.WriteFile(hang, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k := f.goOn(t, f.folder, asItIs, bench.Fault{Command: "replace-brick", Pause: 10 * time.Minute, While: hang})
	f.change(t, func(node *glustercluster.Node) { node.Devices[0].Drain = true })
	rollout, keeper := f.rollout("anna"), "the keeper of heketi "+f.namespace+"/heketi"
	bench.Eventually(t, soon, func(ctx context.Context) error {
		lease, err := env.client.CoordinationV1().Leases(f.namespace).Get(ctx, maintenance.Name, metav1.GetOptions{})
		if err == nil && *lease.Spec.HolderIdentity != keeper {
			err = fmt.Errorf("%q holds the Lease", *lease.Spec.HolderIdentity)
		}
		return err
	})
	var held *maintenance.HeldError
	if _, err := rollout.Take(t.Context()); !errors.As(err, &held) || held.Holder != keeper {
		t.Errorf("a rollout gets the Lease: %v", err)
	}
	k.kill(t)
	if err := os.Remove(hang); err != nil {
		t.Fatal(err)
	}
	k = f.goOn(t, f.folder, asItIs)
	f.waitDisk(t, disks.DeviceDrained)
	f.expectOnOthers(t, k)
	f.waitNobodyHolds(t)
	must[context.Context](t)(rollout.Take(t.Context()))
	if err := rollout.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestOneGetsTheLease has many ask for the Lease in the same moment.
func TestOneGetsTheLease(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	for range 5 {
		var all sync.WaitGroup
		leases, errs := make([]*maintenance.Lease, 8), make([]error, 8)
		for i := range leases {
			leases[i] = p.rollout(fmt.Sprint("person ", i))
			all.Go(func() { _, errs[i] = leases[i].Take(t.Context()) })
		}
		all.Wait()
		got := 0
		for i, err := range errs {
			var held *maintenance.HeldError
			if err == nil {
				got++
			} else if !errors.As(err, &held) {
				t.Error(err)
			}
			if err := leases[i].Release(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if got != 1 {
			t.Errorf("%d got the Lease: %v", got, errs)
		}
	}
}
