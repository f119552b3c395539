package endpoints

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

func remove(client *fake.Clientset) error {
	return storeOf(client).Remove(context.Background(), "default", name)
}

func TestRemoveDeletesBoth(t *testing.T) {
	elsewhere := &v1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "elsewhere", Name: name}}
	client := fake.NewSimpleClientset(wantedService(), wantedEndpoints("192.168.10.1"), elsewhere)
	if err := remove(client); err != nil {
		t.Fatal(err)
	}
	expect(t, client, nil, nil)
	if _, err := client.CoreV1().Services("elsewhere").Get(context.Background(), name, metav1.GetOptions{}); err != nil {
		t.Errorf("the Service of that name in another namespace is gone, too: %v", err)
	}
}

func TestRemoveOfWhatIsGoneIsNoError(t *testing.T) {
	for what, exists := range map[string][]runtime.Object{
		"both":          nil,
		"the Service":   {wantedEndpoints("192.168.10.1")},
		"the Endpoints": {wantedService()},
	} {
		client := fake.NewSimpleClientset(exists...)
		if err := remove(client); err != nil {
			t.Errorf("%s gone: %v", what, err)
		}
		expect(t, client, nil, nil)
	}
}

func TestRemoveReportsEachDeletionThatFails(t *testing.T) {
	t.Run("the Service's", func(t *testing.T) {
		client := fake.NewSimpleClientset(wantedService(), wantedEndpoints("192.168.10.1"))
		failure := failing(client, "delete", "services")
		err := remove(client)
		if !errors.Is(err, failure) || !strings.Contains(err.Error(), "Service default/"+name) {
			t.Errorf("got error %v, want one that wraps %q and names the Service", err, failure)
		}
		expect(t, client, wantedService(), nil)
	})
	t.Run("the Endpoints'", func(t *testing.T) {
		client := fake.NewSimpleClientset(wantedService(), wantedEndpoints("192.168.10.1"))
		failure := failing(client, "delete", "endpoints")
		err := remove(client)
		if !errors.Is(err, failure) || !strings.Contains(err.Error(), "Endpoints default/"+name) {
			t.Errorf("got error %v, want one that wraps %q and names the Endpoints", err, failure)
		}
		expect(t, client, nil, wantedEndpoints("192.168.10.1"))
	})
	t.Run("both", func(t *testing.T) {
		client := fake.NewSimpleClientset(wantedService(), wantedEndpoints("192.168.10.1"))
		one, two := failing(client, "delete", "services"), failing(client, "delete", "endpoints")
		if err := remove(client); !errors.Is(err, one) || !errors.Is(err, two) {
			t.Errorf("got error %v, want one that wraps both %q and %q", err, one, two)
		}
	})
}

func TestRemoveReportsWhatItCannotRead(t *testing.T) {
	for resource, kind := range map[string]string{"services": "Service", "endpoints": "Endpoints"} {
		client := fake.NewSimpleClientset(wantedService(), wantedEndpoints("192.168.10.1"))
		failure := failing(client, "get", resource)
		err := remove(client)
		if !errors.Is(err, failure) || !strings.Contains(err.Error(), kind+" default/"+name) {
			t.Errorf("%s: got error %v, want one that wraps %q and names it", kind, err, failure)
		}
		if got := writes(client); slices.Contains(got, "delete "+resource) {
			t.Errorf("%s: got writes %q, want it left alone", kind, got)
		}
	}
}

// Kubernetes itself deletes Endpoints when their Service is gone.
func TestRemoveDeletesTheEndpointsFirst(t *testing.T) {
	client := fake.NewSimpleClientset(wantedService(), wantedEndpoints("192.168.10.1"))
	if err := remove(client); err != nil {
		t.Fatal(err)
	}
	if got, want := writes(client), []string{"delete endpoints", "delete services"}; !slices.Equal(got, want) {
		t.Errorf("got writes %q, want %q", got, want)
	}
}

// Ensure did not touch them, so they are not Remove's to delete either.
func TestRemoveLeavesAloneWhatIsNotAClaims(t *testing.T) {
	service, endpoints := wantedService(), wantedEndpoints("10.0.0.1")
	service.Labels, endpoints.Labels = nil, nil
	client := fake.NewSimpleClientset(service, endpoints)
	if err := remove(client); err != nil {
		t.Errorf("got error %v, want none", err)
	}
	expect(t, client, service, endpoints)
}
