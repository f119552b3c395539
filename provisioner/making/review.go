package making

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/provisioner/work"
)

const (
	// reviewPace is how often all records are looked at.
	reviewPace = time.Minute
	// reviewers is how many records are looked at, and ended, at a time. Each waits for the
	// journal, which removes the entries of all of them with one write.
	reviewers = 100
	// undoers is how many volumes are undone at a time. They wait for heketi, for
	// minutes if it is slow. Of those that wait for one heketi there are at most PerHeketi.
	undoers = 100
)

// Review has a claim's record looked at soon, if there is one.
func (v *Volumes) Review(claim types.UID) {
	if _, open := v.get(claim); open {
		v.reviews.Add(claim)
	}
}

// Run looks after the records until the context ends.
func (v *Volumes) Run(ctx context.Context) {
	const complaint = "The volume in the making cannot be ended yet"
	var working sync.WaitGroup
	working.Go(func() { wait.UntilWithContext(ctx, v.reviewAll, reviewPace) })
	working.Go(func() { work.Run(ctx, v.reviews, reviewers, complaint, v.about, v.review) })
	working.Go(func() { work.Run(ctx, v.undoings, undoers, complaint, v.about, v.abandonInTurn) })
	working.Wait()
}

// about has the log tell of a claim and of the volume that is made for it.
func (v *Volumes) about(ctx context.Context, claim types.UID) context.Context {
	r, _ := v.get(claim)
	ctx = volume.LogClaim(ctx, r.entry.Claim, r.entry.PersistentVolume, r.entry.Class, r.entry.Heketi.URL)
	return klog.NewContext(ctx, klog.FromContext(ctx).WithValues("volume", r.entry.Volume))
}

func (v *Volumes) reviewAll(context.Context) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for claim := range v.records {
		v.reviews.Add(claim)
	}
}

// review ends a record whose PersistentVolume is saved, and passes on one that nobody
// waits for. It returns a *MayArriveError, and keeps the record, as long as a request for
// the volume may reach heketi: a volume that is deleted meanwhile would be made anew.
func (v *Volumes) review(ctx context.Context, claim types.UID) error {
	r, open := v.get(claim)
	switch {
	case !open:
		return nil
	case r.state == Saved || v.isSaved(r.entry):
		if err := r.late(); err != nil {
			return err
		}
		return v.End(ctx, claim)
	case r.state == Begun && !v.waits(r.entry):
		v.undoings.Add(claim)
	}
	return nil
}
