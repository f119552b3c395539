package main

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/stage"
	"glusterfs-provisioner/test/performance/usage"
)

// measureBurst makes claims at once, and when all are Bound deletes them at once.
func measureBurst(claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		made, all, err := b.bindOnFreshHeketi(ctx, set, s, burst, claims)
		if err != nil {
			return nil, err
		}
		deleted, err := b.cost(ctx, set, result{workload: deletion, subject: s.name}, all.Delete)
		return []result{made, deleted}, err
	}
}

// measureMany makes claims at once.
func measureMany(claims int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		made, _, err := b.bindOnFreshHeketi(ctx, set, s, many, claims)
		return []result{made}, err
	}
}

func (b *bencher) bindOnFreshHeketi(ctx context.Context, set *stage.Stage, s subject, workload string, claims int) (result, load.Claims, error) {
	all, err := claimsOnFreshHeketi(ctx, set, s, claims)
	if err != nil {
		return result{}, load.Claims{}, err
	}
	made, err := b.bind(ctx, set, result{workload: workload, subject: s.name}, all)
	return made, all, err
}

// claimsOnFreshHeketi returns claims that are yet to be made. The floor has no heketi.
func claimsOnFreshHeketi(ctx context.Context, set *stage.Stage, s subject, claims int) (load.Claims, error) {
	if s.floor != "" {
		return set.NewClaims(ctx, s.provisioner, "http://127.0.0.1:1", "none", claims, s.parameters)
	}
	heketi, err := set.StartHeketi(ctx)
	if err != nil {
		return load.Claims{}, err
	}
	return set.NewClaims(ctx, s.provisioner, heketi.URL(), heketi.AdminKey(), claims, s.parameters)
}

// bind has claims become Bound, and counts their GIDs.
func (b *bencher) bind(ctx context.Context, set *stage.Stage, r result, all load.Claims) (result, error) {
	r, err := b.cost(ctx, set, r, all.Bind)
	if err != nil {
		return r, err
	}
	r.gids, err = uniqueGIDs(ctx, set, all)
	return r, err
}

// cost does something and notes how long it took and what it cost the
// provisioner.
func (b *bencher) cost(ctx context.Context, set *stage.Stage, r result, do func(context.Context) (load.Times, error)) (result, error) {
	pid := set.PID(r.subject == inTree.name || r.subject == inTreeDefault.name)
	before, err := usage.Of(pid)
	if err != nil {
		return r, err
	}
	coresBefore, err := readCores(set.Processes())
	if err != nil {
		return r, err
	}
	endProfile, err := b.profile(ctx, set, r)
	if err != nil {
		return r, err
	}
	if r.times, err = do(ctx); err != nil {
		return r, fmt.Errorf("%w; the provisioner's log ends with:\n%s", err, set.ProvisionerLog())
	}
	if r.cost, err = usage.Of(pid); err != nil {
		return r, err
	}
	r.cost.CPU -= before.CPU
	cores, err := readCores(set.Processes())
	if err != nil {
		return r, err
	}
	r.cores = cores.since(coresBefore)
	return r, endProfile()
}

// uniqueGIDs returns how many different GIDs the claims' PersistentVolumes have.
func uniqueGIDs(ctx context.Context, set *stage.Stage, all load.Claims) (int, error) {
	volumes, err := set.Client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	gids := map[string]bool{}
	for _, pv := range volumes.Items {
		if pv.Status.Phase == v1.VolumeBound && pv.Spec.ClaimRef.Namespace == all.Namespace {
			gids[pv.Annotations[volume.AnnotationGID]] = true
		}
	}
	return len(gids), nil
}
