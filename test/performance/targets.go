package main

import (
	"fmt"
	"time"

	"glusterfs-provisioner/test/performance/report"
	"glusterfs-provisioner/test/performance/requests"
)

// targets compares what was measured with what shall be reached. All of it is a
// proportion of two lines of this run, or a count.
func (all results) targets() report.Table {
	t := targets{results: all, table: report.Table{Title: "What shall be reached", Columns: []string{"", "at least or at most", "measured", "reached"}}}
	for _, s := range []subject{ours, oursThen, oursShared} {
		t.possible("many claims, of what is possible: "+s.name, burst, s, 0.85)
		t.possible("deletions, of what is possible: "+s.name, deletion, s, 0.85)
		t.possible("very many claims, of what is possible: "+s.name, many, s, 0.90)
	}
	for _, s := range []subject{ours, oursThen, oursShared} {
		t.times("many claims, beside the in-tree plugin as Kubernetes ships it: "+s.name, burst, s, burst, inTreeDefault, 30)
	}
	for _, s := range []subject{ours, oursThen, oursShared} {
		t.times("deletions, beside the in-tree plugin: "+s.name, deletion, s, deletion, inTree, 1)
	}
	t.share("half of the claims on a heketi that hangs, of the other half alone", halfHanging, ours, halfAlone, ours, 0.90)
	t.share("half of the claims beside a heketi that takes 30 s for each, of the half alone", slowNeighbor, ours, halfAlone, ours, 0.90)
	t.refused(1)
	for _, user := range []struct{ workload, does string }{{annotating, "annotates 100 others"}, {raising, "raises one by a byte"}} {
		t.share("claims beside a user who "+user.does+", of those without", user.workload, ours, usersCalm, ours, 0.80)
		t.asked("requests to heketi beside a user who "+user.does+", of those without", user.workload, usersCalm, 1.05)
	}
	t.share("heketi 200 ms slower, of heketi's own client", slow200ms, ours, slow200ms, heketiAlone, 0.90)
	t.share("heketi 2 s slower, of heketi's own client", slow2s, ours, slow2s, heketiAlone, 0.90)
	t.idle(100 * time.Millisecond)
	t.writes("made, of many", ours, 3.5, countMaking)
	t.writes("made, one at a time", ours, 5, countIdle)
	t.writes("made, of many, and deleted", ours, 5.5, countMaking, countDeleting)
	t.writes("made, of many, and deleted", oursThen, 9.5, countMaking, countDeleting)
	t.writes("made, of many, and deleted", oursShared, 5.5, countMaking, countDeleting)
	return t.table
}

type targets struct {
	results results
	table   report.Table
}

func (t *targets) add(what, target, measured string, reached bool) {
	verdict := "yes"
	if !reached {
		verdict = "**no**"
	}
	t.table.Add(what, target, measured, verdict)
}

// ratio returns the rate of one line beside that of another; false if one of them
// was not measured.
func (t *targets) ratio(workload string, s subject, otherWorkload string, other subject) (float64, bool) {
	r, ok := t.results.median(workload, s)
	o, otherOK := t.results.median(otherWorkload, other)
	if !ok || !otherOK {
		return 0, false
	}
	return r.times.Rate() / o.times.Rate(), true
}

func (t *targets) possible(what, workload string, s subject, least float64) {
	if reached, ok := t.results.reached(workload, s); ok {
		t.add(what, fmt.Sprintf("%.0f %%", 100*least), fmt.Sprintf("%.0f %%", 100*reached), reached >= least)
	}
}

func (t *targets) share(what, workload string, s subject, otherWorkload string, other subject, least float64) {
	if ratio, ok := t.ratio(workload, s, otherWorkload, other); ok {
		t.add(what, fmt.Sprintf("%.0f %%", 100*least), fmt.Sprintf("%.0f %%", 100*ratio), ratio >= least)
	}
}

func (t *targets) times(what, workload string, s subject, otherWorkload string, other subject, least float64) {
	if ratio, ok := t.ratio(workload, s, otherWorkload, other); ok {
		t.add(what, fmt.Sprintf("%.0f times", least), fmt.Sprintf("%.1f times", ratio), ratio >= least)
	}
}

// refused compares how many requests heketi refuses for a claim in the median.
func (t *targets) refused(most int) {
	if r, ok := t.results.median(fullClusters, ours); ok {
		t.add("ten full clusters and one with room: requests refused per claim, median", fmt.Sprint(most), fmt.Sprint(r.medianRefused()), r.medianRefused() <= most)
	}
}

// asked compares what heketi is asked with what it is asked in another workload. A little
// more is not the user's doing: how often clusters and storage hosts are asked for depends
// on when. Were each of the user's turns to count, it would be several times as much.
func (t *targets) asked(what, workload, otherWorkload string, most float64) {
	r, ok := t.results.median(workload, ours)
	other, otherOK := t.results.median(otherWorkload, ours)
	if ok && otherOK {
		share := float64(r.heketi.Sum(requests.Asked)) / float64(other.heketi.Sum(requests.Asked))
		t.add(what, fmt.Sprintf("%.0f %%", 100*most), fmt.Sprintf("%.0f %%", 100*share), share <= most)
	}
}

func (t *targets) idle(most time.Duration) {
	r, ok := t.results.median(idle, ours)
	heketi, heketiOK := t.results.median(idle, heketiAlone)
	if ok && heketiOK {
		beyond := r.times.Quantile(0.5) - heketi.times.Quantile(0.5)
		t.add("one claim, median beyond heketi's own", milliseconds(most), milliseconds(beyond), beyond <= most)
	}
}

// writes compares what is written per claim in some workloads together.
func (t *targets) writes(what string, s subject, most float64, workloads ...string) {
	var writes float64
	for _, workload := range workloads {
		r, ok := t.results.median(workload, s)
		if !ok {
			return
		}
		writes += r.perClaim(r.api.Sum(requests.Writes))
	}
	t.add("writes to the API server per claim "+what+": "+s.name, fmt.Sprintf("%.1f", most), fmt.Sprintf("%.1f", writes), writes <= most+0.05)
}
