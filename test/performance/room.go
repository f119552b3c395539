package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/limit"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/report"
	"glusterfs-provisioner/test/performance/requests"
)

const (
	// clustersWithoutRoom is how many clusters are full, beside one that is not.
	clustersWithoutRoom = 10
	// mostInRoom is how many claims suffice, one after the other.
	mostInRoom = 20
)

// measureFullClusters makes one claim after the other where all clusters but one are
// full, and counts how often heketi refuses each. The one with room is the last of the
// order in which heketi's clusters are tried, so whoever remembers nothing is refused by
// all others first.
func measureFullClusters(claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		heketi, err := set.StartHeketiWith(ctx, bench.HeketiOptions{Clusters: clustersWithoutRoom + 1, DevicesPerNode: 1})
		if err != nil {
			return nil, err
		}
		for _, cluster := range slices.Sorted(slices.Values(heketi.Clusters()))[:clustersWithoutRoom] {
			if err := limit.NewCaller(heketi.URL(), heketi.AdminKey(), cluster).Fill(ctx); err != nil {
				return nil, err
			}
		}
		one, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), 1, s.parameters)
		if err != nil {
			return nil, err
		}
		r := result{workload: fullClusters, subject: s.name}
		r.times, err = eachCalmly(ctx, claims, func(i int) (load.Times, error) {
			before, err := refusals(heketi)
			if err != nil {
				return load.Times{}, err
			}
			one.First = i
			times, err := one.Bind(ctx)
			if err != nil {
				return times, err
			}
			after, err := refusals(heketi)
			r.refused = append(r.refused, after-before)
			return times, err
		})
		return []result{r}, err
	}
}

// refusedTable tells how often claims were refused before a cluster with room was asked.
func (all results) refusedTable() report.Table {
	table := report.Table{Title: "Ten full clusters and one with room", Columns: []string{
		"", "volumes", "refused requests per claim, median", "most", "all", "median time", "longest",
	}, Note: "One claim after the other, in one heketi."}
	if r, ok := all.median(fullClusters, ours); ok {
		sum := 0
		for _, refused := range r.refused {
			sum += refused
		}
		table.Add(r.subject, fmt.Sprint(r.count()), fmt.Sprint(r.medianRefused()), fmt.Sprint(slices.Max(r.refused)), fmt.Sprint(sum),
			milliseconds(r.times.Quantile(0.5)), milliseconds(r.times.Quantile(1)))
	}
	return table
}

// medianRefused returns how many requests were refused for a claim in the median; the
// larger number if there are two in the middle.
func (r result) medianRefused() int {
	sorted := slices.Sorted(slices.Values(r.refused))
	return sorted[len(sorted)/2]
}

// refusals returns how many requests a heketi has refused so far.
func refusals(heketi *bench.Heketi) (int, error) {
	asked, err := requests.OfHeketi(heketi.ServerLog())
	return asked[requests.Refused], err
}
