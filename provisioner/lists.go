package provisioner

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
)

func (p *Provisioner) listVolumes(ctx context.Context) (all []*v1.PersistentVolume, err error) {
	volumes := p.Client.CoreV1().PersistentVolumes()
	err = each(ctx, func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return volumes.List(ctx, options)
	},
		func(pv *v1.PersistentVolume) { all = append(all, p.trimmer.volume(pv)) })
	if err != nil {
		return nil, fmt.Errorf("cannot list PersistentVolumes: %w", err)
	}
	return all, nil
}

func (p *Provisioner) listClasses(ctx context.Context) (all []*storagev1.StorageClass, err error) {
	classes := p.Client.StorageV1().StorageClasses()
	err = each(ctx, func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return classes.List(ctx, options)
	},
		func(class *storagev1.StorageClass) { all = append(all, class) })
	if err != nil {
		return nil, fmt.Errorf("cannot list StorageClasses: %w", err)
	}
	return all, nil
}

// each calls visit for every object of a list, which it reads in pages, one at a
// time.
func each[T runtime.Object](ctx context.Context, list pager.ListPageFunc, visit func(T)) error {
	pages := pager.New(list)
	pages.PageBufferSize = 0
	return pages.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		visit(object.(T))
		return nil
	})
}
