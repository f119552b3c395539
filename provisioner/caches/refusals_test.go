package caches

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
)

// TestWhatIsRefusedLately takes a right away from a cache that was filled, and gives it back.
func TestWhatIsRefusedLately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Refusals
		reflector := cache.NewReflector(&cache.ListWatch{}, &v1.PersistentVolume{}, cache.NewStore(cache.MetaNamespaceKeyFunc), 0)
		tell := r.Of("PersistentVolumes", func() bool { return true })
		tell(reflector, errors.New("the connection broke"))
		if err := r.Lately(time.Now()); err != nil {
			t.Errorf("a broken connection is no refusal: %v", err)
		}
		tell(reflector, apierrors.NewForbidden(schema.GroupResource{Resource: "persistentvolumes"}, "", nil))
		if r.Err() != nil {
			t.Errorf("the cache was filled: %v", r.Err())
		}
		time.Sleep(time.Minute)
		if err := r.Lately(time.Now()); err == nil || !strings.Contains(err.Error(), "cannot list and watch PersistentVolumes") || !strings.Contains(err.Error(), "deploy/") {
			t.Errorf("while it is tried again: got %v", err)
		}
		time.Sleep(time.Minute)
		if err := r.Lately(time.Now()); err != nil {
			t.Errorf("once it is not refused any more: got %v", err)
		}
	})
}
