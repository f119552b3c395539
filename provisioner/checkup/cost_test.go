package checkup

import (
	"fmt"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/volume"
)

// BenchmarkWays looks which heketis 50,000 PersistentVolumes name.
func BenchmarkWays(b *testing.B) {
	const url = "http://heketi:8080"
	volumes := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	for i := range 50_000 {
		pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("pvc-", i), Annotations: map[string]string{
			volume.AnnotationURL: url, volume.AnnotationVolumeID: fmt.Sprint("id", i), volume.ProvisionedBy: ours, volume.AnnotationSecret: "storage/heketi",
		}}}
		if err := volumes.Add(pv); err != nil {
			b.Fatal(err)
		}
	}
	connector := heketi.NewConnector(heketi.DefaultConfig())
	for what, urls := range map[string][]string{"named by a class": {url}, "named by volumes alone": {"http://other:8080"}} {
		b.Run(what, func(b *testing.B) {
			c, _ := checkupOf(b, connector, nil, urls...)
			c.PersistentVolumes = corelisters.NewPersistentVolumeLister(volumes)
			for b.Loop() {
				if _, err := c.ways(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
