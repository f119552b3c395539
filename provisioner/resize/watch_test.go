package resize

import (
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/util/workqueue"

	"glusterfs-provisioner/provisioner/volume"
)

// TestRequestsThatChange raises and lowers the request of a claim, also while its volume
// cannot grow, and looks when the volume is to be tried.
func TestRequestsThatChange(t *testing.T) {
	for what, test := range map[string]struct {
		from, to string
		failed   bool
		now      int // whether it is tried at once, and within afterRefusal
		soon     int
	}{
		"raised":                         {"1Gi", "3Gi", false, 1, 1},
		"raised within a GiB":            {"2049Mi", "2050Mi", false, 0, 0},
		"raised, after a failure":        {"2Gi", "3Gi", true, 0, 1},
		"a byte more, after a failure":   {"2147483649", "2147483650", true, 0, 0},
		"lowered again, after a failure": {"3Gi", "2Gi", true, 0, 1},
		"the same, in other units":       {"3Gi", "3072Mi", false, 0, 0},
		"lowered to what there is":       {"3Gi", "1Gi", false, 0, 0},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pv, old := bound("1Gi", test.from, "1Gi")
				pv.Annotations = map[string]string{volume.ProvisionedBy: "ours"}
				claim := old.DeepCopy()
				claim.ResourceVersion = "2"
				claim.Spec.Resources.Requests[v1.ResourceStorage] = resource.MustParse(test.to)
				caches := informers.NewSharedInformerFactory(fake.NewSimpleClientset(), 0)
				r, err := New(Dependencies{
					Provisioner: "ours", Informers: caches,
					Retry: workqueue.NewItemExponentialFailureRateLimiter(time.Hour, time.Hour),
				})
				if err != nil {
					t.Fatal(err)
				}
				defer r.queue.ShutDown()
				if err := caches.Core().V1().PersistentVolumes().Informer().GetStore().Add(pv); err != nil {
					t.Fatal(err)
				}
				if test.failed {
					r.queue.AddRateLimited(pv.Name)
				}
				r.claimChanged(old, claim)
				if got := r.queue.Len(); got != test.now {
					t.Errorf("%d are tried at once, want %d", got, test.now)
				}
				time.Sleep(afterRefusal + time.Second)
				synctest.Wait()
				if got := r.queue.Len(); got != test.soon {
					t.Errorf("%d are tried within %v, want %d", got, afterRefusal, test.soon)
				}
			})
		})
	}
}
