package main

import (
	"fmt"
	"strings"

	"glusterfs-provisioner/test/performance/report"
	"glusterfs-provisioner/test/performance/requests"
	"glusterfs-provisioner/test/performance/stage"
)

// mostDumps is how often a heketi may be asked for its database by a new leader: it is
// the dearest that there is to ask for.
const mostDumps = 2

// renderScale returns the Markdown of "make bench-scale".
func renderScale(all results, header report.Header) string {
	var b strings.Builder
	b.WriteString(header.String())
	for _, table := range []report.Table{all.scaleTargets(), all.scaleTable(), all.takeoverTable(), all.auditTable()} {
		b.WriteString(table.Markdown())
	}
	return b.String()
}

func (all results) scaleTargets() report.Table {
	t := targets{results: all, table: report.Table{Title: "What shall be reached among many volumes", Columns: []string{"", "at most", "measured", "reached"}}}
	for _, row := range []struct{ workload, name string }{
		{takeover, fmt.Sprintf("a new leader with %d volumes in the making, among %d", takeoverOpen, takeoverVolumes)},
		{firstAudit, fmt.Sprintf("the first audit of %d volumes", auditVolumes)},
	} {
		r, ok := all.median(row.workload, ours)
		if !ok {
			continue
		}
		dumps := r.heketi[requests.Dump]
		t.add("heketi asked for its database: "+row.name, fmt.Sprint(mostDumps), fmt.Sprint(dumps), dumps <= mostDumps)
		if limit, err := stage.MemoryLimit(); err == nil {
			t.add("peak memory, of the limit in deploy/: "+row.name, mebibytes(limit), mebibytes(r.cost.Peak), r.cost.Peak <= limit)
		}
	}
	return t.table
}

func (all results) scaleTable() report.Table {
	table := report.Table{Title: "Among many volumes that need nothing", Columns: []string{
		"PersistentVolumes and claims", "ready after", "resident at rest", "peak", "CPU at rest", "a new claim is Bound after (median)",
	}}
	for _, r := range all {
		volumes, is := strings.CutPrefix(r.workload, scalePrefix)
		if !is {
			continue
		}
		table.Add(volumes, seconds(r.scale.ready), mebibytes(r.cost.Resident), mebibytes(r.cost.Peak),
			fmt.Sprintf("%.2f %% of a core", 100*r.scale.resting.Seconds()/rest.Seconds()), milliseconds(r.times.Quantile(0.5)))
	}
	return table
}

func (all results) takeoverTable() report.Table {
	table := report.Table{Title: "A new leader that finds volumes in the making", Columns: []string{
		"PersistentVolumes and claims", "in the making", "ready after", "all of these Bound after", "peak", "requests to heketi",
	}}
	if r, ok := all.median(takeover, ours); ok {
		table.Add(fmt.Sprint(takeoverVolumes), fmt.Sprint(r.count()), seconds(r.scale.ready), seconds(r.times.Took()), mebibytes(r.cost.Peak), listed(r.heketi))
	}
	return table
}

func (all results) auditTable() report.Table {
	table := report.Table{Title: "The first audit", Columns: []string{
		"volumes", "ready after", "audited after", "found", "resident after it", "peak", "requests to heketi",
	}}
	if r, ok := all.median(firstAudit, ours); ok {
		table.Add(fmt.Sprint(auditVolumes), seconds(r.scale.ready), seconds(r.scale.audited), r.scale.findings,
			mebibytes(r.cost.Resident), mebibytes(r.cost.Peak), listed(r.heketi))
	}
	return table
}

// listed tells how often each request was made.
func listed(count requests.Count) string {
	var all []string
	for _, request := range count.Names() {
		all = append(all, fmt.Sprintf("%d %s", count[request], request))
	}
	return strings.Join(all, ", ")
}
