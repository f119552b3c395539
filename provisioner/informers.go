package provisioner

import (
	"context"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	storageinformers "k8s.io/client-go/informers/storage/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/provisioner/volume"
)

// makeInformers makes the informers of PersistentVolumes and claims, of which there
// may be many: what they list is trimmed page by page. The factory's own would hold
// all of a first list untrimmed at a time, several times the memory of the cache.
// They have no index by namespace, which nothing uses. Of CSIDrivers it makes one that
// asks for that of the node plugin alone, so that no other has to be readable.
func (p *Provisioner) makeInformers() {
	p.Informers.InformerFor(&v1.PersistentVolume{}, func(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		volumes := client.CoreV1().PersistentVolumes()
		return cache.NewSharedIndexInformer(&cache.ListWatch{
			ListFunc: func(options metav1.ListOptions) (runtime.Object, error) {
				page, err := volumes.List(context.Background(), inPages(options))
				if err == nil {
					trimPage(page.Items, p.trimmer.volume)
				}
				return page, err
			},
			WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
				return volumes.Watch(context.Background(), options)
			},
		}, &v1.PersistentVolume{}, resync, cache.Indexers{})
	})
	p.Informers.InformerFor(&v1.PersistentVolumeClaim{}, func(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		claims := client.CoreV1().PersistentVolumeClaims(metav1.NamespaceAll)
		return cache.NewSharedIndexInformer(&cache.ListWatch{
			ListFunc: func(options metav1.ListOptions) (runtime.Object, error) {
				page, err := claims.List(context.Background(), inPages(options))
				if err == nil {
					trimPage(page.Items, p.trimmer.claim)
				}
				return page, err
			},
			WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
				return claims.Watch(context.Background(), options)
			},
		}, &v1.PersistentVolumeClaim{}, resync, cache.Indexers{})
	})
	p.Informers.InformerFor(&storagev1.CSIDriver{}, func(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		return storageinformers.NewFilteredCSIDriverInformer(client, resync, cache.Indexers{}, func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, volume.Driver).String()
		})
	})
}

// inPages has Kubernetes heed the page's size, which it ignores where a list of any
// age will do: that is what resource version 0 says, which informers ask for first.
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
