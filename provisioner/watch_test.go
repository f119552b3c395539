package provisioner

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"glusterfs-provisioner/provisioner/caches"
)

// TestCatchUpSaysWhatIsRefused has no right to list CSIDrivers, for ever or for a moment.
func TestCatchUpSaysWhatIsRefused(t *testing.T) {
	for _, forEver := range []bool{true, false} {
		var asked atomic.Int32
		client := fake.NewSimpleClientset()
		client.PrependReactor("list", "csidrivers", func(clienttesting.Action) (bool, runtime.Object, error) {
			refused := asked.Add(1) == 1 || forEver
			return refused, nil, apierrors.NewForbidden(schema.GroupResource{Group: "storage.k8s.io", Resource: "csidrivers"}, "", nil)
		})
		p := &Provisioner{
			Dependencies: Dependencies{Client: client, Informers: informers.NewSharedInformerFactory(client, 0)},
			trimmer:      caches.NewTrimmer(),
		}
		caches.Provide(p.Informers, p.trimmer)
		if err := p.watch(); err != nil {
			t.Fatal(err)
		}
		p.Informers.Start(t.Context().Done())
		patience := time.Minute
		if forEver {
			patience = time.Second
		}
		err := p.refusals.WaitForSync(t.Context(), patience, p.caughtUp...)
		if said := err != nil && strings.Contains(err.Error(), "cannot list and watch CSIDrivers") && strings.Contains(err.Error(), "deploy/"); said != forEver {
			t.Errorf("refused for ever %v: %v", forEver, err)
		}
	}
}
