package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/stage"
	"glusterfs-provisioner/test/performance/usage"
)

const (
	// restAfter is how long the provisioner gets to finish what it does at its
	// start, its first audit included; rest is how long it is watched then.
	restAfter = 30 * time.Second
	rest      = time.Minute
	// scaleClaims is how many claims are made at last, one after the other.
	scaleClaims = 5
)

// scaleResult is what a provisioner costs among many volumes that need nothing.
type scaleResult struct {
	// ready is the time from its start until it provisions.
	ready time.Duration
	// resting is the CPU time of a minute at rest.
	resting time.Duration
	// audited is the time from its start until the first audit has ended, and findings
	// is what that found.
	audited  time.Duration
	findings string
}

func scaleLines() []line {
	var lines []line
	for _, volumes := range []int{1_000, 10_000, 50_000} {
		lines = append(lines, line{scaleWorkload(volumes), ours, 1, measureScale(volumes)})
	}
	return append(lines,
		line{takeover, ours, 1, measureTakeover(takeoverVolumes, takeoverOpen)},
		line{firstAudit, ours, 1, measureFirstAudit(auditVolumes)},
	)
}

const scalePrefix = "scale-"

func scaleWorkload(volumes int) string { return fmt.Sprint(scalePrefix, volumes) }

// measureScale starts the provisioner among PersistentVolumes and claims of its
// own.
func measureScale(volumes int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		claims, _, err := populate(ctx, set, s, volumes, 0)
		if err != nil {
			return nil, err
		}
		r := result{workload: scaleWorkload(volumes), subject: s.name}
		if r.scale.ready, err = b.start(ctx, set, s); err != nil {
			return nil, err
		}
		if r.scale.resting, r.cost, err = atRest(ctx, set); err != nil {
			return nil, err
		}
		endProfile, err := b.profile(ctx, set, r)
		if err != nil {
			return nil, err
		}
		r.times, err = eachCalmly(ctx, scaleClaims, func(i int) (load.Times, error) {
			one := claims
			one.First, one.Count = i, 1
			return one.Bind(ctx)
		})
		return []result{r}, errors.Join(err, endProfile())
	}
}

// atRest returns the CPU time of a minute without work, and what the provisioner
// holds after it.
func atRest(ctx context.Context, set *stage.Stage) (resting time.Duration, after usage.Usage, err error) {
	if err := pause(ctx, restAfter); err != nil {
		return 0, after, err
	}
	before, err := usage.Of(set.PID(false))
	if err != nil {
		return 0, after, err
	}
	if err := pause(ctx, rest); err != nil {
		return 0, after, err
	}
	after, err = usage.Of(set.PID(false))
	return after.CPU - before.CPU, after, err
}
