package endpoints

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// ofFormer returns a Service and Endpoints as gluster.org/glusterfile made them.
func ofFormer() *fake.Clientset {
	service, endpoints := wantedService(), wantedEndpoints("192.168.10.1")
	service.Labels = map[string]string{labelFormer: "myclaim"}
	endpoints.Labels = map[string]string{labelFormer: "myclaim"}
	return fake.NewSimpleClientset(service, endpoints)
}

// TestWhatTheFormerProvisionerMadeIsKept gives it the label by which it is watched.
func TestWhatTheFormerProvisionerMadeIsKept(t *testing.T) {
	client := ofFormer()
	mustEnsure(t, client, "192.168.10.1", "192.168.10.2")
	service, err := client.CoreV1().Services("default").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil || service.Labels[LabelClaim] != "myclaim" {
		t.Errorf("the Service: got labels %v, %v", service.Labels, err)
	}
	endpoints, err := client.CoreV1().Endpoints("default").Get(t.Context(), name, metav1.GetOptions{})
	if err != nil || endpoints.Labels[LabelClaim] != "myclaim" || len(endpoints.Subsets[0].Addresses) != 2 {
		t.Errorf("the Endpoints: got %+v, %v", endpoints, err)
	}
}

func TestWhatTheFormerProvisionerMadeIsRemoved(t *testing.T) {
	client := ofFormer()
	if err := storeOf(client).Remove(t.Context(), "default", name); err != nil {
		t.Fatal(err)
	}
	services, err := client.CoreV1().Services(v1.NamespaceAll).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(services.Items) > 0 {
		t.Errorf("left: %v, %v", services.Items, err)
	}
	endpoints, err := client.CoreV1().Endpoints(v1.NamespaceAll).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(endpoints.Items) > 0 {
		t.Errorf("left: %v, %v", endpoints.Items, err)
	}
}
