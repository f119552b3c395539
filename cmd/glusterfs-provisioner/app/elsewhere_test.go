package app

import (
	"errors"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/record"
)

// TestElsewhereIsTold has a Lease in its own namespace, and in another one, of one that leads there and of one
// that has ended.
func TestElsewhereIsTold(t *testing.T) {
	leaseIn := func(namespace, holder string) *coordinationv1.Lease {
		return &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "gluster.org-glusterfs"},
			Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder},
		}
	}
	for what, test := range map[string]struct {
		leases []runtime.Object
		want   string
	}{
		"alone":       {[]runtime.Object{leaseIn("storage", "pod-1")}, ""},
		"one leads":   {[]runtime.Object{leaseIn("storage", "pod-1"), leaseIn("old", "pod-2")}, "leads in namespace old, too, or was killed there, as Lease old/gluster.org-glusterfs of pod-2 says"},
		"one has led": {[]runtime.Object{leaseIn("old", "")}, "has led in namespace old, as Lease old/gluster.org-glusterfs says; what it has begun there and not ended is not known in storage"},
	} {
		t.Run(what, func(t *testing.T) {
			events := record.NewFakeRecorder(2)
			elsewhere{fake.NewSimpleClientset(test.leases...), events, "gluster.org-glusterfs", "storage"}.tell(t.Context())
			var told string
			if len(events.Events) > 0 {
				told = <-events.Events
			}
			if (test.want == "") != (told == "") || !strings.Contains(told, test.want) || len(events.Events) > 0 {
				t.Errorf("told %q, want %q", told, test.want)
			}
		})
	}
}

// TestElsewhereIsNotKnown has the API server not tell the Leases, as with the rights of an older version.
func TestElsewhereIsNotKnown(t *testing.T) {
	client := fake.NewSimpleClientset()
	client.PrependReactor("list", "leases", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, errors.New("forbidden") })
	events := record.NewFakeRecorder(1)
	elsewhere{client, events, "gluster.org-glusterfs", "storage"}.tell(t.Context())
	if len(events.Events) > 0 {
		t.Errorf("told %q", <-events.Events)
	}
}
