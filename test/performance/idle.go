package main

import (
	"context"
	"errors"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/limit"
	"glusterfs-provisioner/test/performance/load"
)

// calm is how long everybody gets to become idle between two claims.
const calm = 200 * time.Millisecond

// measureIdle makes one claim after the other.
func measureIdle(claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		heketi, err := set.StartHeketi(ctx)
		if err != nil {
			return nil, err
		}
		all, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), claims, s.parameters)
		if err != nil {
			return nil, err
		}
		one := all
		one.Count = 1
		r, err := b.cost(ctx, set, result{workload: idle, subject: s.name}, func(ctx context.Context) (load.Times, error) {
			return eachCalmly(ctx, claims, func(i int) (load.Times, error) {
				one.First = i
				return one.Bind(ctx)
			})
		})
		if err != nil {
			return nil, err
		}
		r.gids, err = uniqueGIDs(ctx, set, all)
		return []result{r}, err
	}
}

// measureIdleLimit has heketi's own client make one volume after the other, which
// is heketi's own share of what measureIdle measures.
func measureIdleLimit(volumes int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, _ *bencher, s subject) (_ []result, err error) {
		heketi, err := bench.StartHeketi(ctx, bench.HeketiOptions{Auth: true})
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, heketi.Stop()) }()
		caller := limit.NewCaller(heketi.URL(), heketi.AdminKey(), heketi.Clusters()[0])
		times, err := eachCalmly(ctx, volumes, func(int) (load.Times, error) { return caller.Create(ctx, 1, 1) })
		return []result{{workload: idle, subject: s.name, times: times}}, err
	}
}

// eachCalmly does something a number of times, with a pause before each.
func eachCalmly(ctx context.Context, times int, do func(i int) (load.Times, error)) (load.Times, error) {
	var all load.Times
	for i := range times {
		if err := pause(ctx, calm); err != nil {
			return all, err
		}
		one, err := do(i)
		if err != nil {
			return all, err
		}
		all.Add(one.Begun[0], one.Ended[0])
	}
	return all, nil
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, duration time.Duration) error {
	select {
	case <-time.After(duration):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
