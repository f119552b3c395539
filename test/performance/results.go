package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/requests"
	"glusterfs-provisioner/test/performance/usage"
)

// result is what one run of a line gave. Only the fields that its workload
// measures are set.
type result struct {
	workload, subject string

	times load.Times
	// gids is how many different GIDs the PersistentVolumes have.
	gids int
	// cost is the provisioner's: the CPU time of the run, its memory at the end.
	// That of the in-tree plugin is all of kube-controller-manager's.
	cost usage.Usage

	// cores are the CPU times of all that ran.
	cores coreTimes

	// api and heketi are how many requests the provisioner made of each.
	api, heketi requests.Count
	// busy is how often heketi answered 429, rivals how many operations another
	// client got through meanwhile.
	busy   int
	rivals int64
	// gaveUp says that not all claims were Bound when they were no longer waited for.
	gaveUp bool
	// refused is how many requests heketi refused for each claim.
	refused []int
	// rounds is how many requests a user made meanwhile.
	rounds int

	scale scaleResult
}

func (r result) count() int { return len(r.times.Begun) }

// String tells a run in one line, while others are still to come.
func (r result) String() string {
	return fmt.Sprintf("%s: %d in %v, %.1f/s, median %v, p99 %v; CPU %v, resident %d MiB, peak %d MiB; %d GIDs; api %v heketi %v busy %d rivals %d gave up %v refused %v rounds %d %+v",
		r.workload, r.count(), r.times.Took().Round(time.Millisecond), r.times.Rate(),
		r.times.Quantile(0.5).Round(time.Millisecond), r.times.Quantile(0.99).Round(time.Millisecond),
		r.cost.CPU, r.cost.Resident>>20, r.cost.Peak>>20, r.gids, r.api, r.heketi, r.busy, r.rivals, r.gaveUp, r.refused, r.rounds, r.scale)
}

// results are those of all runs.
type results []result

// of returns a subject's runs of a workload, the slowest first.
func (all results) of(workload string, s subject) []result {
	var found []result
	for _, r := range all {
		if r.workload == workload && r.subject == s.name {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b result) int { return cmp.Compare(a.times.Rate(), b.times.Rate()) })
	return found
}

// median returns the run in the middle; false if there was none.
func (all results) median(workload string, s subject) (result, bool) {
	found := all.of(workload, s)
	if len(found) == 0 {
		return result{}, false
	}
	return found[len(found)/2], true
}
