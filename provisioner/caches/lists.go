package caches

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	typedstoragev1 "k8s.io/client-go/kubernetes/typed/storage/v1"
	"k8s.io/client-go/tools/pager"
)

// ListVolumes reads all PersistentVolumes from the API server, trimmed. The error says
// what could not be listed.
func ListVolumes(ctx context.Context, client corev1.PersistentVolumesGetter, trimmer *Trimmer) (all []*v1.PersistentVolume, err error) {
	err = each(ctx, "PersistentVolumes", func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return client.PersistentVolumes().List(ctx, options)
	},
		func(pv *v1.PersistentVolume) { all = append(all, trimmer.volume(pv)) })
	return all, err
}

// ListClasses reads all StorageClasses from the API server. The error says what could
// not be listed.
func ListClasses(ctx context.Context, client typedstoragev1.StorageClassesGetter) (all []*storagev1.StorageClass, err error) {
	err = each(ctx, "StorageClasses", func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return client.StorageClasses().List(ctx, options)
	},
		func(class *storagev1.StorageClass) { all = append(all, class) })
	return all, err
}

// ListClaimUIDs reads the UIDs of all claims, of all namespaces, from the API server.
// The error says what could not be listed.
func ListClaimUIDs(ctx context.Context, client corev1.PersistentVolumeClaimsGetter) (sets.Set[types.UID], error) {
	all := sets.New[types.UID]()
	err := each(ctx, "claims", func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return client.PersistentVolumeClaims(metav1.NamespaceAll).List(ctx, options)
	},
		func(claim *v1.PersistentVolumeClaim) { all.Insert(claim.UID) })
	return all, err
}

// each calls visit for every object of a list, which it reads in pages, one at a
// time.
func each[T runtime.Object](ctx context.Context, what string, list pager.ListPageFunc, visit func(T)) error {
	pages := pager.New(list)
	pages.PageBufferSize = 0
	err := pages.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		visit(object.(T))
		return nil
	})
	if err != nil {
		return fmt.Errorf("cannot list %s: %w", what, err)
	}
	return nil
}
