package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/limit"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/requests"
	"glusterfs-provisioner/test/performance/stage"
)

const (
	// neighborPause is how long the slow heketi takes for each volume.
	neighborPause = 30 * time.Second
	// neighborBound is how long the claims of the other heketi are waited for. It is a
	// hundred times what they take alone.
	neighborBound = 2 * time.Minute
)

// measureNeighbor makes claims at once, after more claims of another heketi, which is
// slow, than the provisioner has workers.
func measureNeighbor(ofSlow, claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		if err := keepBusy(ctx, set, s, ofSlow); err != nil {
			return nil, err
		}
		all, err := claimsOnFreshHeketi(ctx, set, s, claims)
		if err != nil {
			return nil, err
		}
		r, err := b.bindWithin(ctx, neighborBound, set, result{workload: slowNeighbor, subject: s.name}, all)
		return []result{r}, err
	}
}

// keepBusy makes claims of a slow heketi, and waits until it works on as many as it
// takes, and the provisioner has done for the others what it does before that.
func keepBusy(ctx context.Context, set *stage.Stage, s subject, claims int) error {
	slow, err := set.StartHeketi(ctx, bench.Fault{Command: createCommand, Pause: neighborPause})
	if err != nil {
		return err
	}
	all, err := set.NewClaims(ctx, s.provisioner, slow.URL(), slow.AdminKey(), claims, s.parameters)
	if err != nil {
		return err
	}
	if _, err := all.Make(ctx); err != nil {
		return err
	}
	err = bench.Until(ctx, neighborPause, func(context.Context) error {
		asked, err := requests.OfHeketi(slow.ServerLog())
		if got := asked["POST /volumes"]; err == nil && got < min(claims, limit.Callers) {
			err = fmt.Errorf("the slow heketi was asked for %d volumes only", got)
		}
		return err
	})
	return errors.Join(err, set.Settle(ctx))
}

// bindWithin is bind for claims that may take too long. Those that are not Bound in time
// count as Bound then, so that the line is not the better for it.
func (b *bencher) bindWithin(ctx context.Context, bound time.Duration, set *stage.Stage, r result, all load.Claims) (result, error) {
	gaveUp := false
	r, err := b.cost(ctx, set, r, func(ctx context.Context) (load.Times, error) {
		begun := time.Now()
		bounded, cancel := context.WithTimeout(ctx, bound)
		defer cancel()
		times, err := all.Bind(bounded)
		if gaveUp = errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil; gaveUp {
			times = load.Times{Begun: slices.Repeat([]time.Time{begun}, all.Count), Ended: slices.Repeat([]time.Time{begun.Add(bound)}, all.Count)}
			err = nil
		}
		return times, err
	})
	if r.gaveUp = gaveUp; err != nil {
		return r, err
	}
	r.gids, err = uniqueGIDs(ctx, set, all)
	return r, err
}
