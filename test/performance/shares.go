package main

import (
	"fmt"
	"runtime"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/report"
	"glusterfs-provisioner/test/performance/stage"
	"glusterfs-provisioner/test/performance/usage"
)

// programs are what takes CPU time in a line, in the order of the table.
var programs = []string{bench.APIServer, bench.Etcd, bench.ControllerManager, stage.Heketi, stage.Provisioner, stage.Load}

// coreTimes are CPU times by program.
type coreTimes map[string]time.Duration

// readCores returns the CPU time that each program has used since its start, given the
// ids of its processes. What the kernel says of a process is used, and not of a cgroup,
// since that works without any rights, and no process of the stage starts others.
func readCores(processes map[string][]int) (coreTimes, error) {
	all := coreTimes{}
	for program, pids := range processes {
		for _, pid := range pids {
			used, err := usage.Of(pid)
			if err != nil {
				return nil, err
			}
			all[program] += used.CPU
		}
	}
	return all, nil
}

// since returns what was used after the earlier times.
func (t coreTimes) since(before coreTimes) coreTimes {
	used := coreTimes{}
	for program, cpu := range t {
		used[program] = cpu - before[program]
	}
	return used
}

// sum returns what all programs used.
func (t coreTimes) sum() time.Duration {
	var sum time.Duration
	for _, cpu := range t {
		sum += cpu
	}
	return sum
}

// shareTable tells what the machine's cores did, which is what binds where they are
// never idle.
func (all results) shareTable() report.Table {
	table := report.Table{Title: "What the cores did", Columns: append([]string{"", "of"}, append(programs, "others, and idle")...),
		Note: "Of all cores, for as long as the line took. Where next to nothing is left over, the machine binds; and most of it goes to Kubernetes."}
	for _, workload := range []string{burst, many, deletion, slow2s} {
		for _, s := range []subject{floorNow, floorThen, ours, oursThen, oursShared, inTree} {
			r, ok := all.median(workload, s)
			if !ok || r.cores == nil {
				continue
			}
			row, left := []string{s.name, workload}, 1.0
			for _, program := range programs {
				share := r.cores[program].Seconds() / r.times.Took().Seconds() / float64(runtime.NumCPU())
				row, left = append(row, fmt.Sprintf("%.0f %%", 100*share)), left-share
			}
			table.Add(append(row, fmt.Sprintf("%.0f %%", 100*left))...)
		}
	}
	return table
}
