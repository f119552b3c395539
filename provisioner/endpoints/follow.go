package endpoints

import (
	"context"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"
)

// askingAtOnce is how many clusters are asked for their storage hosts at the same
// time, so that one that does not answer does not hold up the others.
const askingAtOnce = 8

// followPeriodically asks for the storage hosts of all clusters in each interval,
// until the context ends.
func (k *Keeper) followPeriodically(ctx context.Context) {
	wait.JitterUntilWithContext(ctx, k.follow, k.Sync, 0, true)
}

// follow asks for the storage hosts of all clusters once. Where they have changed, the
// listings follow.
func (k *Keeper) follow(ctx context.Context) {
	all := k.allKept()
	k.hosts.forgetUnused(func(of Cluster) bool { return len(all[of]) > 0 })
	var asking errgroup.Group
	asking.SetLimit(askingAtOnce)
	for of, volumes := range all {
		asking.Go(func() error {
			if err := k.ask(ctx, of, volumes); err != nil && ctx.Err() == nil {
				k.Events.Eventf(k.About, v1.EventTypeWarning, reasonHostsUnknown,
					"cannot learn the storage hosts of cluster %s of heketi %s, so the lists of them stay as they are: %v", of.ID, of.URL, err)
			}
			return nil
		})
	}
	_ = asking.Wait()
	k.Unread(k.hosts.failures()) // also if a cluster that failed is used no more
}

// ask learns the addresses of a cluster's storage hosts.
func (k *Keeper) ask(ctx context.Context, of Cluster, volumes []kept) error {
	return k.hosts.once(ctx, of, func(ctx context.Context) error {
		asked := time.Now()
		names, err := k.Hosts(ctx, samples(volumes))
		var addresses []string
		if err == nil {
			addresses, err = Addresses(ctx, k.Resolver, names)
		}
		if err != nil {
			klog.FromContext(ctx).Error(err, "Cannot learn the storage hosts of a cluster", "heketi", of.URL, "cluster", of.ID)
			k.hosts.fail(of, err, time.Now())
		} else {
			k.Learn(of, addresses, asked)
		}
		k.Unread(k.hosts.failures())
		return err
	})
}

// Learn notes the addresses that the storage hosts of a cluster had when heketi was
// asked. If they have changed, the cluster's listings follow.
func (k *Keeper) Learn(of Cluster, addresses []string, asked time.Time) {
	before, changed := k.hosts.learn(of, addresses, asked)
	if !changed {
		return
	}
	if before != nil {
		klog.InfoS("The storage hosts of a cluster have changed", "heketi", of.URL, "cluster", of.ID, "from", before, "to", addresses)
		k.Events.Eventf(k.About, v1.EventTypeNormal, reasonHostsChanged, "cluster %s of heketi %s has the storage hosts %s now, and had %s; the lists of them follow",
			of.ID, of.URL, strings.Join(addresses, ", "), strings.Join(before, ", "))
	}
	for _, one := range k.allKept()[of] {
		k.queue.Add(one.key)
	}
}

// addressesOf returns what is known of a cluster's storage hosts, or asks if nothing is
// known.
func (k *Keeper) addressesOf(ctx context.Context, of Cluster) ([]string, error) {
	known := k.hosts.recall(of)
	if known.addresses != nil {
		return known.addresses, nil
	}
	if known.failure != nil && time.Since(known.failed) < failureAge {
		return nil, known.failure
	}
	if err := k.ask(ctx, of, k.allKept()[of]); err != nil {
		return nil, err
	}
	return k.hosts.recall(of).addresses, nil
}

// refresh asks for the addresses again, unless that was done a moment ago, and
// returns the best that is known.
func (k *Keeper) refresh(ctx context.Context, of Cluster) []string {
	known := k.hosts.recall(of)
	if time.Since(known.asked) < failureAge || time.Since(known.failed) < failureAge {
		return known.addresses
	}
	_ = k.ask(ctx, of, k.allKept()[of]) // logs why it fails; then what is known has to do
	return k.hosts.recall(of).addresses
}
