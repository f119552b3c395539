package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/requests"
	"glusterfs-provisioner/test/performance/stage"
)

// The two halves of the workload "count".
const (
	countMaking   = "count-making"
	countDeleting = "count-deleting"
)

// mostCountedIdle is how many claims suffice where each costs the same.
const mostCountedIdle = 20

// settled is how long the audit log and the events get to be written after the
// last claim.
const settled = 5 * time.Second

// countRequests counts the requests that making and deleting claims costs. It
// measures no time, since the API server writes an audit log meanwhile.
func countRequests(claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, true)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		heketi, all, err := countedClaims(ctx, set, s, claims)
		if err != nil {
			return nil, err
		}
		making, err := countDuring(ctx, set, heketi, s, all.Bind)
		if err != nil {
			return nil, err
		}
		making.workload = countMaking
		deleting, err := countDuring(ctx, set, heketi, s, all.Delete)
		deleting.workload = countDeleting
		return []result{making, deleting}, err
	}
}

// countIdleRequests counts the requests that making a claim costs while there are no
// others, with which it could share any.
func countIdleRequests(claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, true)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		heketi, one, err := countedClaims(ctx, set, s, 1)
		if err != nil {
			return nil, err
		}
		// The first brings what all claims of a cluster share.
		if _, err := one.Bind(ctx); err != nil {
			return nil, err
		}
		if err := waitSettled(ctx, set); err != nil {
			return nil, err
		}
		r, err := countDuring(ctx, set, heketi, s, func(ctx context.Context) (load.Times, error) {
			return eachCalmly(ctx, claims, func(i int) (load.Times, error) {
				one.First = 1 + i
				return one.Bind(ctx)
			})
		})
		r.workload = countIdle
		return []result{r}, err
	}
}

// countedClaims returns claims that are yet to be made, of a fresh heketi.
func countedClaims(ctx context.Context, set *stage.Stage, s subject, claims int) (*bench.Heketi, load.Claims, error) {
	heketi, err := set.StartHeketi(ctx)
	if err != nil {
		return nil, load.Claims{}, err
	}
	all, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), claims, s.parameters)
	return heketi, all, err
}

// agentOf is what the user agent of a subject's requests holds: the name of the
// release, or of the controller that the in-tree plugin was a part of.
func agentOf(s subject) string {
	if s.provisioner == stage.InTree {
		return "persistent-volume-binder"
	}
	return "glusterfs-provisioner/"
}

func countDuring(ctx context.Context, set *stage.Stage, heketi *bench.Heketi, s subject, do func(context.Context) (load.Times, error)) (result, error) {
	r := result{subject: s.name}
	api, err := requests.OfAPIServer(set.AuditLog(), agentOf(s))
	if err != nil {
		return r, err
	}
	asked, err := requests.OfHeketi(heketi.ServerLog())
	if err != nil {
		return r, err
	}
	if r.times, err = do(ctx); err != nil {
		return r, err
	}
	if err := waitSettled(ctx, set); err != nil {
		return r, err
	}
	if r.api, err = requests.OfAPIServer(set.AuditLog(), agentOf(s)); err != nil {
		return r, err
	}
	if r.heketi, err = requests.OfHeketi(heketi.ServerLog()); err != nil {
		return r, err
	}
	r.api, r.heketi = r.api.Since(api), r.heketi.Since(asked)
	return r, nil
}

// waitSettled waits until the journal is empty, and then for what cannot be seen
// to end.
func waitSettled(ctx context.Context, set *stage.Stage) error {
	err := bench.Until(ctx, time.Minute, func(ctx context.Context) error {
		entries, err := set.Client.CoreV1().ConfigMaps("").List(ctx, metav1.ListOptions{LabelSelector: journal.LabelProvisioner})
		if err == nil && len(entries.Items) > 0 {
			err = fmt.Errorf("%d journal entries are open", len(entries.Items[0].Data))
		}
		return err
	})
	if err != nil {
		return err
	}
	return pause(ctx, settled)
}
