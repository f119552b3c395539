package caches

import (
	"context"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/informers"
	storageinformers "k8s.io/client-go/informers/storage/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/provisioner/volume"
)

// Provide has a factory make informers of PersistentVolumes, claims and CSIDrivers that
// take little memory. It has to be called before anything else asks the factory for
// them, and their transform has to be the trimmer's Trim.
//
// Of PersistentVolumes and claims there may be many, so what is listed of them is trimmed
// page by page. The factory's own informers would hold all of a first list untrimmed at
// once, several times the memory of the cache. Nothing uses an index by namespace, so
// there is none. The informer of CSIDrivers asks for that of the node plugin alone, so
// that a right to read that one is enough.
func Provide(factory informers.SharedInformerFactory, trimmer *Trimmer) {
	factory.InformerFor(&v1.PersistentVolume{}, trimmer.volumes)
	factory.InformerFor(&v1.PersistentVolumeClaim{}, trimmer.claims)
	factory.InformerFor(&storagev1.CSIDriver{}, drivers)
}

func (t *Trimmer) volumes(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
	volumes := client.CoreV1().PersistentVolumes()
	return cache.NewSharedIndexInformer(&cache.ListWatch{
		ListFunc: func(options metav1.ListOptions) (runtime.Object, error) {
			page, err := volumes.List(context.Background(), inPages(options))
			if err == nil {
				trimPage(page.Items, t.volume)
			}
			return page, err
		},
		WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
			return volumes.Watch(context.Background(), options)
		},
	}, &v1.PersistentVolume{}, resync, cache.Indexers{})
}

func (t *Trimmer) claims(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
	claims := client.CoreV1().PersistentVolumeClaims(metav1.NamespaceAll)
	return cache.NewSharedIndexInformer(&cache.ListWatch{
		ListFunc: func(options metav1.ListOptions) (runtime.Object, error) {
			page, err := claims.List(context.Background(), inPages(options))
			if err == nil {
				trimPage(page.Items, t.claim)
			}
			return page, err
		},
		WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
			return claims.Watch(context.Background(), options)
		},
	}, &v1.PersistentVolumeClaim{}, resync, cache.Indexers{})
}

func drivers(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
	return storageinformers.NewFilteredCSIDriverInformer(client, resync, cache.Indexers{}, func(options *metav1.ListOptions) {
		options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, volume.Driver).String()
	})
}

// inPages has Kubernetes heed the size of pages. It ignores that for resource version 0, a
// list of any age, which informers ask for first.
func inPages(options metav1.ListOptions) metav1.ListOptions {
	if options.ResourceVersion == "0" {
		options.ResourceVersion = ""
	}
	return options
}

func trimPage[T any](items []T, trim func(*T) *T) {
	for i := range items {
		items[i] = *trim(&items[i])
	}
}
