package cluster

import (
	"errors"
	"slices"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/provisioner/conversion"
	"glusterfs-provisioner/provisioner/journal"
)

// labeled is a ConfigMap with the label that a selector selects.
func labeled(t *testing.T, namespace, name, selector string) *v1.ConfigMap {
	t.Helper()
	is, err := metav1.ParseToLabelSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: is.MatchLabels}}
}

// heldIn is the provisioner's Lease in a namespace; nobody has it if there is no holder.
func heldIn(namespace, holder string) *coordinationv1.Lease {
	now, seconds := metav1.NowMicro(), int32(time.Hour/time.Second)
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: installed.LeaseOf(installed.Provisioner)},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &holder, RenewTime: &now, LeaseDurationSeconds: &seconds},
	}
}

// TestElsewhere finds what is in other namespaces, and leaves out what is in its own, is another
// provisioner's, or has ended.
func TestElsewhere(t *testing.T) {
	journals, conversions := journal.Selector(installed.Provisioner), conversion.Selector(installed.Provisioner)
	client := fake.NewSimpleClientset(
		labeled(t, installed.Namespace, "mine", journals), labeled(t, installed.Namespace, "mine-2", conversions),
		labeled(t, "old", "journal", journals), labeled(t, "older", "conversion", conversions), labeled(t, "old", "others", journal.Selector("another")),
		heldIn(installed.Namespace, "pod-1"), heldIn("old", "pod-2"), heldIn("older", ""),
	)
	got := ourCluster(client).Elsewhere(t.Context())
	var notes []string
	for _, configMap := range got.Value.Notes {
		notes = append(notes, configMap.Namespace+"/"+configMap.Name)
	}
	if !got.There || !slices.Equal(notes, []string{"old/journal", "older/conversion"}) || !slices.Equal(got.Value.Leading, []string{"old"}) {
		t.Errorf("found are %q, %q, %v", notes, got.Value.Leading, got.Err)
	}
	for _, kind := range []string{"configmaps", "leases"} {
		client.PrependReactor("list", kind, func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, errors.New("not for you") })
		if got := ourCluster(client).Elsewhere(t.Context()); got.Err == nil {
			t.Errorf("who may not list %s is told %+v", kind, got)
		}
		client.ReactionChain = client.ReactionChain[1:]
	}
}
