package cluster

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// TestGrantedRights reads them from deploy/: those of the provisioner, not of the node plugin,
// and not that to Secrets.
func TestGrantedRights(t *testing.T) {
	rights, err := ourCluster(fake.NewSimpleClientset()).GrantedRights()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, right := range rights {
		texts = append(texts, right.String())
	}
	all := "\n" + strings.Join(texts, "\n") + "\n"
	for _, want := range []string{"patch persistentvolumes", "patch persistentvolumeclaims/status", "get namespaces kube-system", "update leases in glusterfs-provisioner"} {
		if !strings.Contains(all, "\n"+want+"\n") {
			t.Errorf("%q is not among them:%s", want, all)
		}
	}
	if strings.Contains(all, "secrets") || len(rights) < 20 {
		t.Errorf("the rights are:%s", all)
	}
}

// TestMissingRights asks for each right, and keeps those that are not granted.
func TestMissingRights(t *testing.T) {
	client := fake.NewSimpleClientset()
	client.PrependReactor("create", "subjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SubjectAccessReview)
		if review.Spec.User != "system:serviceaccount:glusterfs-provisioner:glusterfs-provisioner" {
			return true, nil, fmt.Errorf("asked for %s", review.Spec.User)
		}
		review.Status.Allowed = review.Spec.ResourceAttributes.Verb == "get"
		return true, review, nil
	})
	wanted := []Right{RightToSecret("n", "s"), {authorizationv1.ResourceAttributes{Verb: "list", Resource: "nodes"}}}
	got := ourCluster(client).AccountRights(t.Context(), wanted)
	if !got.There || len(got.Value.Missing) != 1 || got.Value.Missing[0].String() != "list nodes" {
		t.Errorf("missing is %+v", got)
	}
	client.PrependReactor("create", "selfsubjectaccessreviews", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("not for you")
	})
	if own := ourCluster(client).OwnRights(t.Context(), wanted); own.Err == nil {
		t.Errorf("who may not ask is told %+v", own)
	}
}
