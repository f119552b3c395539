package main

import (
	"fmt"
	"runtime"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/report"
)

// possible is what bounds from below the time of a workload on this machine.
type possible struct {
	// floor is the time of Kubernetes, with a provisioner that makes nothing.
	floor time.Duration
	// heketi is the time of heketi's own client, without Kubernetes.
	heketi time.Duration
	// cores is the CPU time of both, shared out among all cores: whoever has both
	// done cannot have the cores do less.
	cores time.Duration
}

// shortest returns the shortest possible time.
func (p possible) shortest() time.Duration { return max(p.floor, p.heketi, p.cores) }

// possible returns what is possible where a subject does a workload; false if the lines
// that tell were not measured.
func (all results) possible(workload string, s subject) (possible, bool) {
	floor := floorNow
	if s.kubernetes == bench.OldestKubernetes {
		floor = floorThen
	}
	kubernetes, ok := all.median(workload, floor)
	heketi, heketiOK := all.median(workload, heketiAlone)
	if !ok || !heketiOK {
		return possible{}, false
	}
	return possible{
		floor:  kubernetes.times.Took(),
		heketi: heketi.times.Took(),
		cores:  (kubernetes.cores.sum() + heketi.cores.sum()) / time.Duration(runtime.NumCPU()),
	}, true
}

// reached returns what a subject reached of what is possible; false if that was not
// measured.
func (all results) reached(workload string, s subject) (float64, bool) {
	possible, ok := all.possible(workload, s)
	r, measured := all.median(workload, s)
	if !ok || !measured {
		return 0, false
	}
	return possible.shortest().Seconds() / r.times.Took().Seconds(), true
}

// possibleTable tells what is possible, and why not more.
func (all results) possibleTable() report.Table {
	table := report.Table{Title: "What is possible", Columns: []string{
		"", "of", "the floor", "heketi's own client", "CPU of both, by cores", "possible", "took", "reached",
	}, Note: "The shortest possible time is the largest of the three before it."}
	for _, workload := range []string{burst, deletion, many} {
		for _, s := range []subject{ours, oursThen, oursShared} {
			reached, ok := all.reached(workload, s)
			if !ok {
				continue
			}
			possible, _ := all.possible(workload, s)
			r, _ := all.median(workload, s)
			table.Add(s.name, workload, seconds(possible.floor), seconds(possible.heketi), seconds(possible.cores),
				seconds(possible.shortest()), seconds(r.times.Took()), fmt.Sprintf("%.0f %%", 100*reached))
		}
	}
	return table
}
