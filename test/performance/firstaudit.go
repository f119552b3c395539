package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/load"
)

// The workload firstAudit, and how many volumes are audited.
const (
	firstAudit   = "first-audit"
	auditVolumes = 10_000
)

// auditBound is how long the first audit may take.
const auditBound = 2 * time.Minute

// audited is what the provisioner logs after an audit.
var audited = regexp.MustCompile(`"Audited" heketis=\d+ findings=(\d+) complete=(true|false)`)

// measureFirstAudit starts the provisioner among volumes that a heketi has, all of which
// its first audit reads. What it holds then is its most, for as long as there is no work.
func measureFirstAudit(volumes int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		_, heketi, err := populate(ctx, set, s, volumes, 1+volumes/perCluster)
		if err != nil {
			return nil, err
		}
		r := result{workload: firstAudit, subject: s.name}
		var took time.Duration
		var found []string
		r, err = b.lead(ctx, set, heketi, s, r, func(ctx context.Context, begun time.Time) (load.Times, error) {
			err := bench.Until(ctx, auditBound, func(context.Context) error {
				if found = audited.FindStringSubmatch(set.WholeProvisionerLog()); found == nil {
					return errors.New("the first audit has not ended")
				}
				return nil
			})
			took = time.Since(begun)
			// What heketis were interrupted in is looked up after it.
			return load.Times{}, errors.Join(err, pause(ctx, settled))
		})
		if err != nil {
			return nil, err
		}
		if found[2] != "true" {
			return nil, fmt.Errorf("the first audit could not ask heketi:\n%s", set.ProvisionerLog())
		}
		r.scale.audited, r.scale.findings = took, found[1]
		return []result{r}, nil
	}
}
