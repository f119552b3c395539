package endpoints

import (
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// TestWhatMayNotBeWatchedIsTold has no right to list Endpoints.
func TestWhatMayNotBeWatchedIsTold(t *testing.T) {
	client := fake.NewSimpleClientset()
	client.PrependReactor("list", "endpoints", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "endpoints"}, "", nil)
	})
	nobody := func(listing) {}
	s, err := newSightings(client, "glusterfs-provisioner", nobody, nobody)
	if err != nil {
		t.Fatal(err)
	}
	s.start(t.Context())
	err = s.refusals.WaitForSync(t.Context(), time.Second, s.caughtUp...)
	if err == nil || !strings.Contains(err.Error(), "cannot list and watch Endpoints") {
		t.Errorf("got error %v", err)
	}
}
