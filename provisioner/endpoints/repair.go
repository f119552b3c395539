package endpoints

import (
	"context"
	"errors"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
)

// check looks at one listing, and repairs or removes it if that is due.
func (k *Keeper) check(ctx context.Context, key listing) error {
	volumes := k.naming(key)
	if len(volumes) == 0 {
		return k.removeUnshared(ctx, key)
	}
	of, ok := k.firstKept(volumes)
	if !ok || k.aside.has(key, of.pv, time.Now()) {
		return nil
	}
	addresses, err := k.addressesOf(ctx, of.cluster())
	if err != nil {
		return hostsUnknown{err}
	}
	wrong := k.wrong(of, addresses)
	if wrong.reason != "" && k.Sync == 0 {
		// What is known may be old, and somebody may have written by hand what heketi
		// says now.
		addresses = k.refresh(ctx, of.cluster())
		wrong = k.wrong(of, addresses)
	}
	if wrong.reason == "" {
		return nil
	}
	return k.repair(ctx, of, addresses, wrong)
}

// hostsUnknown says that a cluster's storage hosts are not known. That is logged once for
// the cluster, not for each of its volumes, of which there may be thousands.
type hostsUnknown struct{ error }

// Unwrap returns why.
func (u hostsUnknown) Unwrap() error { return u.error }

// After is when heketi is asked again.
func (hostsUnknown) After() time.Duration { return failureAge }

// wrong returns how a listing differs from what it should be, as far as the caches know.
// What was written a moment ago counts as right, since it may not be seen yet.
func (k *Keeper) wrong(of kept, addresses []string) difference {
	if lately, ok := k.written.lately(of.key, time.Now()); ok && slices.Equal(lately, addresses) {
		k.queue.AddAfter(of.key, lag)
		return difference{}
	}
	return compare(k.sightings.at(of.key), addresses, k.hosts.recall(of.cluster()).before)
}

// repair writes a listing as it should be, unless its volume is about to be deleted.
func (k *Keeper) repair(ctx context.Context, of kept, addresses []string, wrong difference) error {
	unlock, err := k.Lock(of.pv.UID)
	if err != nil {
		k.queue.AddAfter(of.key, time.Second)
		return nil
	}
	defer unlock()
	of, ok := k.again(of)
	if !ok {
		return nil
	}
	err = k.write(ctx, of.key, of.owner(), addresses)
	switch {
	case errors.Is(err, ErrNotOurs):
		k.Events.Eventf(k.subject(of), v1.EventTypeWarning, of.key.kind.reasons().notOurs, "%v", err)
		klog.FromContext(ctx).Info("Left alone what somebody else made", "persistentVolume", of.pv.Name, "reason", err.Error())
		k.aside.put(of.key, of.pv, time.Now().Add(obstructedFor))
		k.queue.AddAfter(of.key, obstructedFor)
		return nil
	case isNamespaceGone(err):
		klog.FromContext(ctx).V(1).Info("The namespace is gone, so no Endpoints are made in it", "persistentVolume", of.pv.Name)
		k.aside.put(of.key, of.pv, time.Time{})
		return nil
	case err != nil:
		k.Events.Eventf(k.subject(of), v1.EventTypeWarning, of.key.kind.reasons().notRepaired, "%s: %s, and cannot be made right yet; will try again: %v", of.key, wrong.found, err)
		return err
	}
	k.Repaired(wrong.reason)
	klog.FromContext(ctx).Info("Listing of storage hosts repaired", "persistentVolume", of.pv.Name, "found", wrong.found, "servers", addresses)
	if wrong.reason != Followed { // of which one event for the whole cluster tells
		k.Events.Eventf(k.subject(of), v1.EventTypeNormal, of.key.kind.reasons().repaired, "%s: %s; made it right again", of.key, wrong.found)
	}
	return nil
}
