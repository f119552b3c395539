package main

import (
	"fmt"
	"strings"
	"time"

	"glusterfs-provisioner/test/performance/report"
	"glusterfs-provisioner/test/performance/requests"
)

// renderLoad returns the Markdown of "make bench".
func renderLoad(all results, header report.Header) string {
	var b strings.Builder
	b.WriteString(header.String())
	for _, table := range []report.Table{
		all.targets(),
		all.possibleTable(),
		all.table(burst, "Many claims at once, on an empty heketi", heketiAlone, floorNow, floorThen, ours, oursThen, oursShared, inTree, inTreeDefault),
		all.table(many, "Very many claims at once, from an empty heketi on", heketiAlone, floorNow, floorThen, ours, oursThen, oursShared),
		all.table(deletion, "As many deletions at once", heketiAlone, floorNow, floorThen, ours, oursThen, oursShared, inTree, inTreeDefault),
		all.table(idle, "One claim on an idle system, again and again", heketiAlone, ours, oursThen, inTree),
		all.table(halfAlone, "Half of the claims, with no others", ours),
		all.table(halfHanging, "The same half, with another half on a heketi that hangs", ours),
		all.table(slowNeighbor, "The same half, beside four times as many claims on a heketi that takes 30 s for each", ours),
		all.refusedTable(),
		all.userTable(),
		all.table(slow200ms, "Each heketi operation 200 ms longer", heketiAlone, ours),
		all.table(slow2s, "Each heketi operation 2 s longer", heketiAlone, ours),
		all.rivalTable(),
		all.requestTable(),
		all.shareTable(),
	} {
		b.WriteString(table.Markdown())
	}
	return b.String()
}

func (all results) table(workload, title string, subjects ...subject) report.Table {
	table := report.Table{Title: title, Columns: []string{
		"", "volumes", "took", "per second", "all runs", "median", "99th percentile", "GIDs", "CPU", "peak memory",
	}}
	for _, s := range subjects {
		r, ok := all.median(workload, s)
		if !ok {
			continue
		}
		table.Add(s.name, fmt.Sprint(r.count()), r.tookText(), rate(r.times.Rate()), all.spread(workload, s),
			milliseconds(r.times.Quantile(0.5)), milliseconds(r.times.Quantile(0.99)), r.gidsText(), r.cpuText(), r.peakText())
	}
	return table
}

// spread tells the rates of all runs, when there are several.
func (all results) spread(workload string, s subject) string {
	runs := all.of(workload, s)
	if len(runs) < 2 {
		return "one"
	}
	return fmt.Sprintf("%d: %s to %s", len(runs), rate(runs[0].times.Rate()), rate(runs[len(runs)-1].times.Rate()))
}

func (r result) tookText() string {
	if r.gaveUp {
		return "**more than " + seconds(r.times.Took()) + "**"
	}
	return seconds(r.times.Took())
}

func (r result) gidsText() string {
	switch r.gids {
	case 0:
		return ""
	case r.count():
		return "unique"
	}
	return fmt.Sprintf("**%d of %d**", r.gids, r.count())
}

func (r result) cpuText() string {
	if r.cost.Peak == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f s", r.cost.CPU.Seconds())
}

func (r result) peakText() string {
	if r.cost.Peak == 0 {
		return ""
	}
	return mebibytes(r.cost.Peak)
}

func (all results) rivalTable() report.Table {
	table := report.Table{Title: "Beside another client that keeps the heketi at its limit", Columns: []string{
		"", "volumes", "took", "per second", "99th percentile", "operations of the other client meanwhile", "answers 429 to both",
	}}
	if r, ok := all.median(rival, ours); ok {
		table.Add(r.subject, fmt.Sprint(r.count()), seconds(r.times.Took()), rate(r.times.Rate()),
			milliseconds(r.times.Quantile(0.99)), fmt.Sprint(r.rivals), fmt.Sprint(r.busy))
	}
	return table
}

// requestTable tells the requests per claim. The in-tree plugin's to the API
// server are those of the controller that it was a part of, which also binds.
func (all results) requestTable() report.Table {
	table := report.Table{Title: "Requests per claim", Columns: []string{"", "of", "to the API server", "of these, writes", "to heketi"},
		Note: "Counted in runs of their own. The in-tree plugin's requests to the API server include what binding costs its controller."}
	for _, s := range []subject{ours, oursThen, oursShared, inTree} {
		for _, part := range []struct{ workload, name string }{{countMaking, "making"}, {countIdle, "making, one at a time"}, {countDeleting, "deleting"}} {
			if r, ok := all.median(part.workload, s); ok {
				table.Add(s.name, part.name, r.each(r.api), r.per(r.api.Sum(requests.Writes)), r.each(r.heketi))
			}
		}
	}
	return table
}

// each tells how often each request was made per claim, and leaves out what was
// made less than once in ten claims.
func (r result) each(count requests.Count) string {
	var all []string
	for _, request := range count.Names() {
		if 10*count[request] >= r.count() {
			all = append(all, fmt.Sprintf("%s %s", r.per(count[request]), request))
		}
	}
	return strings.Join(all, ", ")
}

func (r result) per(requests int) string { return fmt.Sprintf("%.1f", r.perClaim(requests)) }

func (r result) perClaim(requests int) float64 { return float64(requests) / float64(max(1, r.count())) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

func rate(perSecond float64) string { return fmt.Sprintf("%.1f", perSecond) }

func mebibytes(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }
