package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/load"
	"glusterfs-provisioner/test/performance/requests"
	"glusterfs-provisioner/test/performance/stage"
	"glusterfs-provisioner/test/performance/usage"
)

// The workload takeover: how many volumes there are, and how many more are in the making.
const (
	takeover        = "takeover"
	takeoverVolumes = 1_000
	takeoverOpen    = 100
	// perCluster is how many volumes each of heketi's clusters gets, which is less than
	// it allows.
	perCluster = 950
)

// measureTakeover starts the provisioner where another has ended in the midst of a burst:
// heketi has been asked for none of the volumes yet, which only heketi's database tells.
func measureTakeover(volumes, open int) func(context.Context, *bencher, subject) ([]result, error) {
	return func(ctx context.Context, b *bencher, s subject) (_ []result, err error) {
		set, err := b.set(ctx, s, false)
		defer func() { err = errors.Join(err, set.Strike()) }()
		if err != nil {
			return nil, err
		}
		claims, heketi, err := populate(ctx, set, s, volumes, 1+volumes/perCluster)
		if err != nil {
			return nil, err
		}
		claims.Count = open
		if _, err := claims.Make(ctx); err != nil {
			return nil, err
		}
		if err := writeJournal(ctx, set, s, heketi, claims); err != nil {
			return nil, err
		}
		r, err := b.lead(ctx, set, heketi, s, result{workload: takeover, subject: s.name}, func(ctx context.Context, begun time.Time) (load.Times, error) {
			ended, err := claims.AllBound(ctx)
			return load.Times{Begun: slices.Repeat([]time.Time{begun}, open), Ended: ended}, errors.Join(err, waitSettled(ctx, set))
		})
		return []result{r}, err
	}
}

// writeJournal notes that each claim's volume was begun.
func writeJournal(ctx context.Context, set *stage.Stage, s subject, heketi *bench.Heketi, claims load.Claims) error {
	all, err := set.Client.CoreV1().PersistentVolumeClaims(claims.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	written := journal.New(set.Client.CoreV1(), stage.Namespace, s.provisioner)
	for i, claim := range all.Items {
		name := "pvc-" + string(claim.UID)
		err := written.Write(ctx, journal.Entry{
			Claim:            types.NamespacedName{Namespace: claim.Namespace, Name: claim.Name},
			ClaimUID:         claim.UID,
			PersistentVolume: name,
			Class:            claims.Class,
			Volume:           name,
			GID:              uint32(3000 + i),
			Heketi:           volume.Heketi{URL: heketi.URL(), User: "admin", Secret: &volume.SecretRef{Namespace: stage.Namespace, Name: claims.Class}},
			HeketiClusters:   heketi.Clusters(),
			Source:           volume.CSI,
		})
		if err != nil {
			return fmt.Errorf("cannot write the journal: %w", err)
		}
	}
	return nil
}

// lead starts the provisioner and waits for something, given when it was started. It
// notes how long that took, what heketi was asked, and the most memory that it took.
func (b *bencher) lead(ctx context.Context, set *stage.Stage, heketi *bench.Heketi, s subject, r result, do func(context.Context, time.Time) (load.Times, error)) (result, error) {
	before, err := requests.OfHeketi(heketi.ServerLog())
	if err != nil {
		return r, err
	}
	begun := time.Now()
	if r.scale.ready, err = b.start(ctx, set, s); err != nil {
		return r, err
	}
	if r.times, err = do(ctx, begun); err != nil {
		return r, fmt.Errorf("%w; the provisioner's log ends with:\n%s", err, set.ProvisionerLog())
	}
	if r.cost, err = usage.Of(set.PID(false)); err != nil {
		return r, err
	}
	asked, err := requests.OfHeketi(heketi.ServerLog())
	r.heketi = asked.Since(before)
	return r, err
}
