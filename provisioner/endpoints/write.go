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

// EnsureShared makes the Service and the Endpoints that the volumes of a cluster
// share, unless they are known to be right. They are removed again when no
// PersistentVolume names them and BeginsShared says no.
func (k *Keeper) EnsureShared(ctx context.Context, key types.NamespacedName, cluster string, addresses []string) error {
	k.sharing.Lock()
	defer k.sharing.Unlock()
	if k.isShared(key, addresses) {
		return nil
	}
	return k.ensure(ctx, key, Owner{Namespace: key.Namespace, Cluster: cluster}, addresses)
}

// isShared says whether what is seen, or else was written a moment ago, is right.
func (k *Keeper) isShared(key types.NamespacedName, addresses []string) bool {
	if lately, ok := k.written.lately(key, time.Now()); ok {
		return slices.Equal(lately, addresses)
	}
	service, endpoints := k.sightings.at(key)
	return compare(service, endpoints, addresses, nil).reason == ""
}

func (k *Keeper) write(ctx context.Context, key types.NamespacedName, owner Owner, addresses []string) error {
	if owner.Cluster != "" {
		k.sharing.Lock()
		defer k.sharing.Unlock()
	}
	return k.ensure(ctx, key, owner, addresses)
}

func (k *Keeper) ensure(ctx context.Context, key types.NamespacedName, owner Owner, addresses []string) error {
	if err := k.Store.Ensure(ctx, key.Name, owner, addresses); err != nil {
		return err
	}
	k.written.put(key, addresses, time.Now())
	return nil
}

// removeUnshared removes a Service and Endpoints that were made for the volumes of a
// cluster and that no PersistentVolume names any more, whoever made that.
func (k *Keeper) removeUnshared(ctx context.Context, key types.NamespacedName) error {
	service, endpoints := k.sightings.at(key)
	if key.Namespace != k.Namespace || !service.isShared() && !endpoints.isShared() {
		return nil
	}
	k.sharing.Lock()
	defer k.sharing.Unlock()
	if k.BeginsShared() {
		// The volume being made may need them.
		k.queue.AddAfter(key, settling)
		return nil
	}
	if len(k.naming(key)) > 0 {
		return nil
	}
	if err := k.Store.RemoveShared(ctx, key.Namespace, key.Name); err != nil {
		return err
	}
	k.written.put(key, nil, time.Now())
	klog.FromContext(ctx).Info("Removed what no volume shares any more", "endpoints", key)
	return nil
}

// isShared says whether something was seen and was made for the volumes of a
// cluster.
func (s *sighting) isShared() bool {
	return s != nil && s.cluster != "" && strings.HasSuffix(s.Name, volume.SharedEndpointsName("", s.cluster))
}

// subject is what an event about a volume's Endpoints is about: its
// PersistentVolume, or the provisioner as a whole if the volume shares them.
func (k *Keeper) subject(of kept) runtime.Object {
	if of.made.SharesEndpoints() {
		return k.About
	}
	return of.pv
}

// isNamespaceGone says whether nothing can be made in the namespace, since it does
// not exist or is about to go.
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
