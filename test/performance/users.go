package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/limit"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/report"
	"glusterfs-provisioner/test/performance/requests"
	"glusterfs-provisioner/test/performance/stage"
)

// watched is how long heketi's requests are counted, from the making of the claims that
// wait on. They are tried again after 1, 2, 4 and 8 s, each shortened by up to a fifth, so
// that each has been tried as often by then, and is not tried again for some seconds.
const watched = 20 * time.Second

// measureUser makes claims at once in a heketi in which others wait for room, while a
// user writes into one of those, over and over, or nobody does.
func measureUser(workload string, waiting, claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		heketi, err := set.StartHeketiWith(ctx, bench.HeketiOptions{Clusters: 2, DevicesPerNode: 1})
		if err != nil {
			return nil, err
		}
		raised, err := b.raisedInVain(ctx, set, s, heketi)
		if err != nil {
			return nil, err
		}
		others, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), claims, map[string]string{"clusterid": heketi.Clusters()[1]})
		if err != nil {
			return nil, err
		}
		r, err := b.besideUser(ctx, set, heketi, workload, raised, waiting, others)
		return []result{r}, err
	}
}

// measureUserOnFloor measures what the same user costs where no volume is made. The claims
// that wait do so for a provisioner that does not exist.
func measureUserOnFloor(workload string, waiting, claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		raised, err := claimsOnFreshHeketi(ctx, set, s, 1)
		if err != nil {
			return nil, err
		}
		pending, err := set.NewClaims(ctx, "example.com/nobody", "http://127.0.0.1:1", "none", waiting, nil)
		if err != nil {
			return nil, err
		}
		others, err := claimsOnFreshHeketi(ctx, set, s, claims)
		if err != nil {
			return nil, err
		}
		if _, err := raised.Bind(ctx); err != nil {
			return nil, err
		}
		if err := errors.Join(raise(ctx, set.Client, raised, 1), makeAll(ctx, pending)); err != nil {
			return nil, err
		}
		stopUser, err := startUser(ctx, set, workload, raised, pending)
		if err != nil {
			return nil, err
		}
		r, err := b.bind(ctx, set, result{workload: workload, subject: s.name}, others)
		rounds, userErr := stopUser()
		r.rounds = rounds
		return []result{r}, errors.Join(err, userErr)
	}
}

// raisedInVain makes a claim and then fills the cluster of its class. The claim is yet to
// be raised.
func (b *bencher) raisedInVain(ctx context.Context, set *stage.Stage, s subject, heketi *bench.Heketi) (load.Claims, error) {
	cluster := heketi.Clusters()[0]
	claim, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), 1, map[string]string{"clusterid": cluster})
	if err != nil {
		return claim, err
	}
	if _, err := claim.Bind(ctx); err != nil {
		return claim, err
	}
	return claim, limit.NewCaller(heketi.URL(), heketi.AdminKey(), cluster).Fill(ctx)
}

// besideUser has the raised claim and others of its class wait for room, starts the user,
// and makes the claims that have room.
func (b *bencher) besideUser(ctx context.Context, set *stage.Stage, heketi *bench.Heketi, workload string, raised load.Claims, waiting int, others load.Claims) (r result, err error) {
	r = result{workload: workload, subject: ours.name}
	before, err := requests.OfHeketi(heketi.ServerLog())
	if err != nil {
		return r, err
	}
	begun := time.Now()
	pending := raised
	pending.First, pending.Count = 1, waiting
	if err := errors.Join(raise(ctx, set.Client, raised, 1), makeAll(ctx, pending), allFail(ctx, set, raised, waiting)); err != nil {
		return r, err
	}
	stopUser, err := startUser(ctx, set, workload, raised, pending)
	if err != nil {
		return r, err
	}
	r, err = b.bind(ctx, set, r, others)
	err = errors.Join(err, pause(ctx, time.Until(begun.Add(watched))))
	asked, countErr := requests.OfHeketi(heketi.ServerLog())
	rounds, userErr := stopUser()
	r.heketi, r.rounds = asked.Since(before), rounds
	return r, errors.Join(err, countErr, userErr)
}

func makeAll(ctx context.Context, claims load.Claims) error {
	_, err := claims.Make(ctx)
	return err
}

// allFail waits until the raised claim and each of those that wait have failed once.
func allFail(ctx context.Context, set *stage.Stage, raised load.Claims, waiting int) error {
	return bench.UntilEvery(ctx, time.Second/2, watched/2, func(ctx context.Context) error {
		events, err := set.Client.CoreV1().Events(raised.Namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		failed := map[string]bool{}
		for _, event := range events.Items {
			if event.Type == v1.EventTypeWarning && (event.Reason == "ProvisioningFailed" || event.Reason == "VolumeResizeFailed") {
				failed[event.InvolvedObject.Name] = true
			}
		}
		if len(failed) <= waiting {
			return fmt.Errorf("only %d of the claims that wait for room have failed", len(failed))
		}
		return nil
	})
}

// userTable tells what others feel of a user, and what heketi was asked.
func (all results) userTable() report.Table {
	table := report.Table{Title: "Beside a user who writes into claims that wait for room, again and again", Columns: []string{
		"", "of", "volumes", "took", "per second", "all runs", "99th percentile", "requests of the user", "requests to heketi",
	}, Note: fmt.Sprintf("Of heketi's requests those are left out that ask whether it is done. They are counted for %v. "+
		"The floor makes no volume: what it loses beside the user is what Kubernetes and the cores lose.", watched)}
	for _, row := range []struct{ workload, name string }{
		{usersCalm, "who does nothing"}, {annotating, "who annotates 100 claims"}, {raising, "who raises one claim by a byte"},
	} {
		for _, s := range []subject{floorNow, ours} {
			if r, ok := all.median(row.workload, s); ok {
				table.Add(row.name, s.name, fmt.Sprint(r.count()), seconds(r.times.Took()), rate(r.times.Rate()), all.spread(row.workload, s),
					milliseconds(r.times.Quantile(0.99)), fmt.Sprint(r.rounds), r.askedOfHeketi())
			}
		}
	}
	return table
}

// askedOfHeketi returns how many requests heketi got; nothing for the floor, which has none.
func (r result) askedOfHeketi() string {
	if r.heketi == nil {
		return ""
	}
	return fmt.Sprint(r.heketi.Sum(requests.Asked))
}
