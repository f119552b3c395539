package main

import (
	"context"
	"errors"
	"os"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/limit"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/stage"
)

// measureLimit has heketi's own client make volumes, and perhaps delete them.
func measureLimit(volumes int, andDelete bool) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, _ *bencher, s subject) (_ []result, err error) {
		heketi, err := bench.StartHeketi(ctx, bench.HeketiOptions{Auth: true})
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, heketi.Stop()) }()
		caller := limit.NewCaller(heketi.URL(), heketi.AdminKey(), heketi.Clusters()[0])
		workload := many
		if andDelete {
			workload = burst
		}
		made, err := limitCost(heketi, result{workload: workload, subject: s.name}, func() (load.Times, error) {
			return caller.Create(ctx, volumes, limit.Callers)
		})
		if err != nil || !andDelete {
			return []result{made}, err
		}
		deleted, err := limitCost(heketi, result{workload: deletion, subject: s.name}, func() (load.Times, error) {
			return caller.Delete(ctx, limit.Callers)
		})
		return []result{made, deleted}, err
	}
}

// limitCost does something and notes how long it took, and what it cost heketi and its
// client, which is a part of this program.
func limitCost(heketi *bench.Heketi, r result, do func() (load.Times, error)) (result, error) {
	processes := map[string][]int{stage.Heketi: {heketi.PID()}, stage.Load: {os.Getpid()}}
	before, err := readCores(processes)
	if err != nil {
		return r, err
	}
	if r.times, err = do(); err != nil {
		return r, err
	}
	cores, err := readCores(processes)
	r.cores = cores.since(before)
	return r, err
}
