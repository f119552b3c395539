package keeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/settling"
)

// errStartAgain is that what heketi was interrupted in can be settled, at a start.
var errStartAgain = errors.New("heketi is started again, to settle what it was interrupted in")

// idleBound is how long clients are kept out while heketi finishes its operations for that.
const idleBound = time.Minute

// longestShift bounds how much less often heketi is started again after that was in vain: 64 intervals.
const longestShift = 6

// watch tells by the channel when something can be settled that was left. Clients are kept out then, and heketi has
// no operations. What ends it waits until it has ended.
func (k *Keeper) watch(ctx context.Context, api *api) (settleable <-chan struct{}, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	found, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for k.awaitSettleable(ctx) {
			if k.closeToClients(ctx, api) {
				klog.InfoS("Starting heketi again, to settle what it was interrupted in")
				close(found)
				return
			}
			api.gateway.Resume()
		}
	}()
	return found, func() { cancel(); <-ended }
}

// closeToClients lets no change in any more, and says whether heketi has finished its operations within
// the bound, and all is saved.
func (k *Keeper) closeToClients(ctx context.Context, api *api) bool {
	ctx, cancel := context.WithTimeout(ctx, idleBound)
	defer cancel()
	api.gateway.Drain(ctx)
	err := k.awaitIdle(ctx)
	if err == nil {
		err = k.saver.Save(ctx)
	}
	if err != nil {
		klog.ErrorS(err, "heketi is not started again now")
	}
	return err == nil
}

// awaitSettleable looks again and again at what was left. It returns true once something of it can be settled, and
// who asked for it has not had it settled between two looks; false when the context ends.
func (k *Keeper) awaitSettleable(ctx context.Context) bool {
	ticker := time.NewTicker(k.config.Settling.Interval << min(k.fruitless, longestShift))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
		can, err := k.look(ctx)
		if err != nil {
			klog.ErrorS(err, "Cannot look at what heketi was interrupted in")
		}
		if can {
			return true
		}
	}
}

// look says whether something can be settled that was left before. It tells of what cannot.
func (k *Keeper) look(ctx context.Context) (can bool, err error) {
	now, err := settling.Interrupted(ctx, k.heketi)
	if err != nil {
		return false, err
	}
	lasting := slices.DeleteFunc(slices.Clone(now), func(o settling.Operation) bool { return !slices.Contains(k.left, o.ID) })
	k.noteLeft(now)
	if len(lasting) == 0 {
		return false, nil
	}
	can, left, err := settling.Look(ctx, k.heketi, k.client, lasting)
	if err != nil || can {
		return can, err
	}
	k.tellLeft(left)
	return false, nil
}

// noteLeft remembers what is left.
func (k *Keeper) noteLeft(left []settling.Operation) {
	k.left = nil
	for _, operation := range left {
		k.left = append(k.left, operation.ID)
	}
	k.config.Settling.Left(len(left))
}

// countFruitless counts how often in a row heketi was started again in vain: all is left that was left before.
func (k *Keeper) countFruitless(left []settling.Operation) {
	settled := func(id string) bool {
		return !slices.ContainsFunc(left, func(o settling.Operation) bool { return o.ID == id })
	}
	if len(k.left) == 0 || slices.ContainsFunc(k.left, settled) {
		k.fruitless = 0
		return
	}
	k.fruitless++
}
