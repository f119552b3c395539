package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/limit"
	"glusterfs-provisioner/test/performance/requests"
	"glusterfs-provisioner/test/performance/stage"
)

const (
	// createPath is what heketi is asked for a new volume.
	createPath = "^/volumes$"
	// createCommand is what heketi runs once for each new volume.
	createCommand = "volume create"
)

// measureHalf makes claims at once, perhaps after as many others whose heketi takes
// requests and never answers.
func measureHalf(claims int, hanging bool) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		workload := halfAlone
		if hanging {
			workload = halfHanging
			stop, err := hang(ctx, set, s, claims)
			if err != nil {
				return nil, err
			}
			defer stop()
		}
		r, _, err := b.bindOnFreshHeketi(ctx, set, s, workload, claims)
		return []result{r}, err
	}
}

// hang makes claims whose heketi hangs, until stop is called.
func hang(ctx context.Context, set *stage.Stage, s subject, claims int) (stop func(), err error) {
	heketi, err := set.StartHeketi(ctx)
	if err != nil {
		return nil, err
	}
	proxy, err := bench.StartProxy(ctx, heketi)
	if err != nil {
		return nil, err
	}
	hung := proxy.Disturb(http.MethodPost, createPath, bench.Hold)
	stop = func() { _ = proxy.Stop() }
	all, err := set.NewClaims(ctx, s.provisioner, proxy.URL(), heketi.AdminKey(), claims, s.parameters)
	if err == nil {
		_, err = all.Make(ctx)
	}
	if err != nil {
		return stop, err
	}
	select {
	case <-hung.Reached():
		return stop, nil
	case <-ctx.Done():
		return stop, fmt.Errorf("the heketi that hangs is not asked: %w", context.Cause(ctx))
	}
}

// slowHeketi starts a heketi each of whose creations lasts longer by what the
// workload says. It returns the URL to use and what ends that.
func slowHeketi(ctx context.Context, workload string) (heketi *bench.Heketi, url string, stop func() error, err error) {
	options := bench.HeketiOptions{Auth: true}
	if workload == slow2s {
		options.Faults = []bench.Fault{{Command: createCommand, Pause: 2 * time.Second}}
	}
	heketi, err = bench.StartHeketi(ctx, options)
	if err != nil || workload == slow2s {
		return heketi, urlOf(heketi), func() error { return heketi.Stop() }, err
	}
	proxy, err := bench.StartProxy(ctx, heketi)
	if err != nil {
		return nil, "", nil, errors.Join(err, heketi.Stop())
	}
	proxy.Disturb(http.MethodPost, createPath, bench.Delay(200*time.Millisecond))
	return heketi, proxy.URL(), func() error { return errors.Join(proxy.Stop(), heketi.Stop()) }, nil
}

func urlOf(heketi *bench.Heketi) string {
	if heketi == nil {
		return ""
	}
	return heketi.URL()
}

func measureSlow(workload string, claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		heketi, url, stop, err := slowHeketi(ctx, workload)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, stop()) }()
		all, err := set.NewClaims(ctx, s.provisioner, url, heketi.AdminKey(), claims, s.parameters)
		if err != nil {
			return nil, err
		}
		r, err := b.bind(ctx, set, result{workload: workload, subject: s.name}, all)
		return []result{r}, err
	}
}

func measureSlowLimit(workload string, volumes int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, _ *bencher, s subject) (_ []result, err error) {
		heketi, url, stop, err := slowHeketi(ctx, workload)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, stop()) }()
		times, err := limit.NewCaller(url, heketi.AdminKey(), heketi.Clusters()[0]).Create(ctx, volumes, limit.Callers)
		return []result{{workload: workload, subject: s.name, times: times}}, err
	}
}

// measureRival makes claims at once while another client keeps their heketi at its
// limit. Creations take a second, or else there would seldom be many under way.
func measureRival(claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		heketi, err := set.StartHeketi(ctx, bench.Fault{Command: createCommand, Pause: time.Second})
		if err != nil {
			return nil, err
		}
		all, err := set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), claims, s.parameters)
		if err != nil {
			return nil, err
		}
		other := limit.StartRival(heketi.URL(), heketi.AdminKey(), heketi.Clusters()[0])
		r, err := b.bind(ctx, set, result{workload: rival, subject: s.name}, all)
		r.rivals = other.Operations()
		if err := errors.Join(err, other.Stop()); err != nil {
			return nil, err
		}
		asked, err := requests.OfHeketi(heketi.ServerLog())
		r.busy = asked[requests.Busy]
		return []result{r}, err
	}
}
