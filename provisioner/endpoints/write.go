package endpoints

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/volume"
)

// EnsureShared makes the Service and the Endpoints that the volumes of a cluster share,
// unless they are known to be right. The keeper removes them when no PersistentVolume
// names them and SharesHosts says no.
func (k *Keeper) EnsureShared(ctx context.Context, name types.NamespacedName, cluster string, addresses []string) error {
	return k.share(ctx, listing{inEndpoints, name}, cluster, addresses)
}

// EnsureHosts does the same with the ConfigMap that lists the storage hosts of a cluster
// for the node plugin.
func (k *Keeper) EnsureHosts(ctx context.Context, cluster string, addresses []string) error {
	return k.share(ctx, k.configMapOf(cluster), cluster, addresses)
}

func (k *Keeper) share(ctx context.Context, key listing, cluster string, addresses []string) error {
	k.sharing.Lock()
	defer k.sharing.Unlock()
	if k.isRight(key, addresses) {
		return nil
	}
	return k.ensure(ctx, key, Owner{Namespace: key.Namespace, Cluster: cluster}, addresses)
}

// isRight says whether a listing has these addresses: as it was written a moment ago, or
// as it is seen.
func (k *Keeper) isRight(key listing, addresses []string) bool {
	if lately, ok := k.written.lately(key, time.Now()); ok {
		return slices.Equal(lately, addresses)
	}
	return compare(k.sightings.at(key), addresses, nil).reason == ""
}

func (k *Keeper) write(ctx context.Context, key listing, owner Owner, addresses []string) error {
	if owner.Cluster != "" {
		k.sharing.Lock()
		defer k.sharing.Unlock()
	}
	return k.ensure(ctx, key, owner, addresses)
}

func (k *Keeper) ensure(ctx context.Context, key listing, owner Owner, addresses []string) error {
	ensure := k.Store.Ensure
	if key.kind == inConfigMap {
		ensure = k.Store.EnsureConfigMap
	}
	if err := ensure(ctx, key.Name, owner, addresses); err != nil {
		return err
	}
	k.written.put(key, addresses, time.Now())
	return nil
}

// removeUnshared removes a listing that was made for the volumes of a cluster, if no
// PersistentVolume is mounted through it any more, whoever made that.
func (k *Keeper) removeUnshared(ctx context.Context, key listing) error {
	shared := slices.ContainsFunc(k.sightings.at(key), func(p part) bool { return p.seen.isShared() })
	if key.Namespace != k.Namespace || !shared {
		return nil
	}
	k.sharing.Lock()
	defer k.sharing.Unlock()
	if k.SharesHosts() {
		// The volume that is being made may need it.
		k.queue.AddAfter(key, listingDelay)
		return nil
	}
	if len(k.naming(key)) > 0 {
		return nil
	}
	remove := k.Store.RemoveShared
	if key.kind == inConfigMap {
		remove = k.Store.RemoveConfigMap
	}
	if err := remove(ctx, key.Namespace, key.Name); err != nil {
		return err
	}
	k.written.put(key, nil, time.Now())
	klog.FromContext(ctx).Info("Listing of storage hosts removed, since no volume shares it any more")
	return nil
}

// isShared says whether something was seen and was made for the volumes of a
// cluster.
func (s *sighting) isShared() bool {
	return s != nil && s.cluster != "" && strings.HasSuffix(s.Name, volume.SharedEndpointsName("", s.cluster))
}

// subject is what an event about a volume's listing is about: the PersistentVolume, or
// the provisioner as a whole if the listing is shared.
func (k *Keeper) subject(of kept) runtime.Object {
	if of.isShared() {
		return k.About
	}
	return of.pv
}

// isNamespaceGone says whether an error means that the namespace does not exist or is
// being deleted, so that nothing can be made in it.
func isNamespaceGone(err error) bool {
	if apierrors.HasStatusCause(err, v1.NamespaceTerminatingCause) {
		return true
	}
	var said apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &said) {
		return false
	}
	details := said.Status().Details
	return details != nil && details.Kind == "namespaces"
}
