package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/population"
	"glusterfs-provisioner/test/performance/report"
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
}

func scaleLines() []line {
	var lines []line
	for _, volumes := range []int{1_000, 10_000, 50_000} {
		lines = append(lines, line{scaleWorkload(volumes), ours, 1, measureScale(volumes)})
	}
	return lines
}

func scaleWorkload(volumes int) string { return fmt.Sprintf("scale-%d", volumes) }

// measureScale starts the provisioner among PersistentVolumes and claims of its
// own.
func measureScale(volumes int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		claims, err := fill(ctx, set, s, volumes)
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

// fill has the provisioner make one volume, ends it, and adds as many copies. It
// returns claims that are yet to be made.
func fill(ctx context.Context, set *stage.Stage, s subject, volumes int) (load.Claims, error) {
	heketi, err := set.StartHeketi(ctx)
	if err != nil {
		return load.Claims{}, err
	}
	first, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), 1, s.parameters)
	if err != nil {
		return load.Claims{}, err
	}
	if _, err := first.Bind(ctx); err != nil {
		return load.Claims{}, err
	}
	pair, err := population.ReadPair(ctx, set.Client, first.Namespace, first.Name(0))
	if err != nil {
		return load.Claims{}, err
	}
	if err := errors.Join(set.StopProvisioner(), set.Cluster.StopControllerManager()); err != nil {
		return load.Claims{}, err
	}
	if err := population.Fill(ctx, set.Cluster, pair, volumes); err != nil {
		return load.Claims{}, err
	}
	if err := set.Cluster.StartControllerManager(ctx); err != nil {
		return load.Claims{}, err
	}
	others, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), 1, s.parameters)
	if err != nil {
		return load.Claims{}, err
	}
	return others, pause(ctx, restAfter) // for kube-controller-manager
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

// renderScale returns the Markdown of "make bench-scale".
func renderScale(all results, header report.Header) string {
	table := report.Table{Title: "Among many volumes that need nothing", Columns: []string{
		"PersistentVolumes and claims", "ready after", "resident at rest", "peak", "CPU at rest", "a new claim is Bound after (median)",
	}}
	for _, r := range all {
		table.Add(strings.TrimPrefix(r.workload, "scale-"), seconds(r.scale.ready), mebibytes(r.cost.Resident), mebibytes(r.cost.Peak),
			fmt.Sprintf("%.2f %% of a core", 100*r.scale.resting.Seconds()/rest.Seconds()), milliseconds(r.times.Quantile(0.5)))
	}
	return header.String() + table.Markdown()
}
