package endpoints

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

const name = "glusterfs-dynamic-cff15b42-70d4-4125-875c-d2171926e4a2"

var owner = Owner{Namespace: "default", Name: "myclaim", UID: "cff15b42-70d4-4125-875c-d2171926e4a2"}

func wantedService() *v1.Service {
	return &v1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name:      name,
			Namespace: "default",
			Labels:    map[string]string{"gluster.kubernetes.io/provisioned-for-pvc": "myclaim"},
		},
		Spec: v1.ServiceSpec{
			Type:      v1.ServiceTypeClusterIP,
			ClusterIP: "None",
			Ports:     []v1.ServicePort{{Port: 1, Protocol: v1.ProtocolTCP}},
		},
	}
}

func wantedEndpoints(addresses ...string) *v1.Endpoints {
	subset := v1.EndpointSubset{Ports: []v1.EndpointPort{{Port: 1, Protocol: v1.ProtocolTCP}}}
	for _, address := range addresses {
		subset.Addresses = append(subset.Addresses, v1.EndpointAddress{IP: address})
	}
	return &v1.Endpoints{
		ObjectMeta: metav1.ObjectMeta{
			Name:      name,
			Namespace: "default",
			Labels: map[string]string{
				"gluster.kubernetes.io/provisioned-for-pvc": "myclaim",
				"endpointslice.kubernetes.io/skip-mirror":   "true",
			},
		},
		Subsets: []v1.EndpointSubset{subset},
	}
}

func storeOf(client *fake.Clientset) *Store { return NewStore(client.CoreV1()) }

func mustEnsure(t *testing.T, client *fake.Clientset, addresses ...string) {
	t.Helper()
	if err := storeOf(client).Ensure(context.Background(), name, owner, addresses); err != nil {
		t.Fatalf("Ensure: %v", err)
	}
}

// expect checks that the Service and the Endpoints are as wanted; nil means
// that there are none.
func expect(t *testing.T, client *fake.Clientset, service *v1.Service, endpoints *v1.Endpoints) {
	t.Helper()
	gotService, err := client.Tracker().Get(v1.SchemeGroupVersion.WithResource("services"), "default", name)
	if service == nil && err == nil {
		t.Errorf("Service: got %+v, want none", gotService)
	} else if service != nil && !equality.Semantic.DeepEqual(gotService, service) {
		t.Errorf("the Service differs from what is wanted:\n%s", diff.ObjectReflectDiff(gotService, service))
	}
	gotEndpoints, err := client.Tracker().Get(v1.SchemeGroupVersion.WithResource("endpoints"), "default", name)
	if endpoints == nil && err == nil {
		t.Errorf("Endpoints: got %+v, want none", gotEndpoints)
	} else if endpoints != nil && !equality.Semantic.DeepEqual(gotEndpoints, endpoints) {
		t.Errorf("the Endpoints differ from what is wanted:\n%s", diff.ObjectReflectDiff(gotEndpoints, endpoints))
	}
}

// writes lists what was written, such as "create services".
func writes(client *fake.Clientset) []string {
	var all []string
	for _, action := range client.Actions() {
		if verb := action.GetVerb(); verb != "get" {
			all = append(all, verb+" "+action.GetResource().Resource)
		}
	}
	return all
}

// failing makes every such request fail.
func failing(client *fake.Clientset, verb, resource string) error {
	failure := errors.New("the API server refuses to " + verb + " " + resource)
	client.PrependReactor(verb, resource, func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, failure
	})
	return failure
}

func TestEnsureMakesTheServiceAndThenTheEndpoints(t *testing.T) {
	client := fake.NewSimpleClientset()
	mustEnsure(t, client, "192.168.10.1", "192.168.10.2")
	expect(t, client, wantedService(), wantedEndpoints("192.168.10.1", "192.168.10.2"))
	if got, want := writes(client), []string{"create services", "create endpoints"}; !slices.Equal(got, want) {
		t.Errorf("got writes %q, want %q", got, want)
	}
}

func TestEnsureLabelsWithTheUIDWhereTheNameIsTooLong(t *testing.T) {
	for length, want := range map[int]string{
		62: strings.Repeat("c", 62),
		63: string(owner.UID),
		64: string(owner.UID),
	} {
		client := fake.NewSimpleClientset()
		long := Owner{Namespace: "default", Name: strings.Repeat("c", length), UID: owner.UID}
		if err := storeOf(client).Ensure(context.Background(), name, long, []string{"192.168.10.1"}); err != nil {
			t.Fatal(err)
		}
		service, err := client.CoreV1().Services("default").Get(context.Background(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := service.Labels[LabelClaim]; got != want {
			t.Errorf("a name of %d characters: got label %q, want %q", length, got, want)
		}
	}
}

func TestEnsureAgainChangesNothing(t *testing.T) {
	client := fake.NewSimpleClientset()
	mustEnsure(t, client, "192.168.10.1", "192.168.10.2")
	client.ClearActions()
	mustEnsure(t, client, "192.168.10.1", "192.168.10.2")
	expect(t, client, wantedService(), wantedEndpoints("192.168.10.1", "192.168.10.2"))
	if got, want := writes(client), []string{"create services", "create endpoints"}; !slices.Equal(got, want) {
		t.Errorf("got writes %q, want %q, which find that both exist", got, want)
	}
}

func TestEnsureMakesWhatIsMissing(t *testing.T) {
	t.Run("the Endpoints", func(t *testing.T) {
		client := fake.NewSimpleClientset(wantedService())
		mustEnsure(t, client, "192.168.10.1")
		expect(t, client, wantedService(), wantedEndpoints("192.168.10.1"))
	})
	t.Run("the Service", func(t *testing.T) {
		client := fake.NewSimpleClientset(wantedEndpoints("192.168.10.1"))
		mustEnsure(t, client, "192.168.10.1")
		expect(t, client, wantedService(), wantedEndpoints("192.168.10.1"))
	})
}

func TestEnsureWritesChangedAddresses(t *testing.T) {
	existing := wantedEndpoints("192.168.10.1", "192.168.10.2")
	existing.Annotations = map[string]string{"somebody": "was here"}
	client := fake.NewSimpleClientset(wantedService(), existing)
	mustEnsure(t, client, "192.168.10.1", "192.168.10.3")
	want := wantedEndpoints("192.168.10.1", "192.168.10.3")
	want.Annotations = existing.Annotations
	expect(t, client, wantedService(), want)
}

func TestEnsureKeepsTheInTreePluginsService(t *testing.T) {
	existing := wantedService()
	existing.Spec.ClusterIP = "10.96.109.189"
	client := fake.NewSimpleClientset(existing)
	mustEnsure(t, client, "192.168.10.1")
	expect(t, client, existing, wantedEndpoints("192.168.10.1"))
}

func TestEnsureMendsTheService(t *testing.T) {
	for what, damage := range map[string]func(*v1.ServiceSpec){
		"a selector":       func(spec *v1.ServiceSpec) { spec.Selector = map[string]string{"app": "web"} },
		"another port":     func(spec *v1.ServiceSpec) { spec.Ports[0].Port = 80 },
		"another protocol": func(spec *v1.ServiceSpec) { spec.Ports[0].Protocol = v1.ProtocolUDP },
		"two ports":        func(spec *v1.ServiceSpec) { spec.Ports = append(spec.Ports, v1.ServicePort{Name: "b", Port: 2}) },
		"an external name": func(spec *v1.ServiceSpec) {
			spec.Type, spec.ExternalName, spec.ClusterIP = v1.ServiceTypeExternalName, "example.com", ""
		},
	} {
		t.Run(what, func(t *testing.T) {
			damaged := wantedService()
			damaged.Annotations = map[string]string{"somebody": "was here"}
			damage(&damaged.Spec)
			client := fake.NewSimpleClientset(damaged, wantedEndpoints("192.168.10.1"))
			mustEnsure(t, client, "192.168.10.1")
			want := wantedService()
			want.Annotations = damaged.Annotations
			expect(t, client, want, wantedEndpoints("192.168.10.1"))
		})
	}
}

func TestEnsureMendsTheEndpoints(t *testing.T) {
	for what, damage := range map[string]func(*v1.Endpoints){
		"empty":    func(endpoints *v1.Endpoints) { endpoints.Subsets = nil },
		"mirrored": func(endpoints *v1.Endpoints) { delete(endpoints.Labels, "endpointslice.kubernetes.io/skip-mirror") },
		"not ready": func(endpoints *v1.Endpoints) {
			endpoints.Subsets[0].NotReadyAddresses = []v1.EndpointAddress{{IP: "192.168.10.9"}}
		},
		"host name": func(endpoints *v1.Endpoints) { endpoints.Subsets[0].Addresses[0].Hostname = "gluster-1" },
		"port":      func(endpoints *v1.Endpoints) { endpoints.Subsets[0].Ports[0].Port = 2 },
		"two subsets": func(endpoints *v1.Endpoints) {
			endpoints.Subsets = append(endpoints.Subsets, wantedEndpoints("192.168.10.9").Subsets...)
		},
	} {
		t.Run(what, func(t *testing.T) {
			damaged := wantedEndpoints("192.168.10.1")
			damage(damaged)
			client := fake.NewSimpleClientset(wantedService(), damaged)
			mustEnsure(t, client, "192.168.10.1")
			expect(t, client, wantedService(), wantedEndpoints("192.168.10.1"))
		})
	}
}

// What volumes share has a label of its own, and a claim's and the shared are not
// taken for each other.
func TestSharedAndClaimsOwnAreToldApart(t *testing.T) {
	ctx, client := context.Background(), fake.NewSimpleClientset()
	shared := Owner{Namespace: "default", Cluster: "5f2c"}
	if err := storeOf(client).Ensure(ctx, name, shared, []string{"192.168.10.1"}); err != nil {
		t.Fatal(err)
	}
	wantService, wantEndpoints := wantedService(), wantedEndpoints("192.168.10.1")
	for _, labels := range []map[string]string{wantService.Labels, wantEndpoints.Labels} {
		delete(labels, "gluster.kubernetes.io/provisioned-for-pvc")
		labels["gluster.org/heketi-cluster"] = "5f2c"
	}
	expect(t, client, wantService, wantEndpoints)
	if err := storeOf(client).Ensure(ctx, name, owner, []string{"192.168.10.2"}); !errors.Is(err, ErrNotOurs) {
		t.Errorf("a claim took what is shared: %v", err)
	}
	if err := remove(client); err != nil {
		t.Fatal(err)
	}
	expect(t, client, wantService, wantEndpoints)
	if err := storeOf(client).RemoveShared(ctx, "default", name); err != nil {
		t.Fatal(err)
	}
	expect(t, client, nil, nil)

	mustEnsure(t, client, "192.168.10.1")
	if err := storeOf(client).Ensure(ctx, name, shared, []string{"192.168.10.2"}); !errors.Is(err, ErrNotOurs) {
		t.Errorf("what is shared took a claim's: %v", err)
	}
	if err := storeOf(client).RemoveShared(ctx, "default", name); err != nil {
		t.Fatal(err)
	}
	expect(t, client, wantedService(), wantedEndpoints("192.168.10.1"))
}

func TestEnsureLeavesAloneWhatIsNotAClaims(t *testing.T) {
	service, endpoints := wantedService(), wantedEndpoints("10.0.0.1")
	service.Labels, endpoints.Labels = nil, map[string]string{"app": "web"}
	for what, existing := range map[string]runtime.Object{"Service": service, "Endpoints": endpoints} {
		t.Run(what, func(t *testing.T) {
			client := fake.NewSimpleClientset(existing)
			err := storeOf(client).Ensure(context.Background(), name, owner, []string{"192.168.10.1"})
			if !errors.Is(err, ErrNotOurs) {
				t.Fatalf("got error %v, want one that wraps ErrNotOurs", err)
			}
			for _, want := range []string{what + " default/" + name, LabelClaim} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %q, want one that says %q", err, want)
				}
			}
			if what == "Service" {
				expect(t, client, service, nil)
			} else {
				expect(t, client, wantedService(), endpoints)
			}
		})
	}
}

func TestEnsureReportsWhatFails(t *testing.T) {
	for _, test := range []struct {
		verb, resource string
		exists         []runtime.Object
	}{
		{"create", "services", nil},
		{"get", "services", []runtime.Object{wantedService()}},
		{"create", "endpoints", nil},
		{"get", "endpoints", []runtime.Object{wantedEndpoints("10.0.0.1")}},
		{"update", "endpoints", []runtime.Object{wantedEndpoints("10.0.0.1")}},
	} {
		t.Run(test.verb+" "+test.resource, func(t *testing.T) {
			client := fake.NewSimpleClientset(test.exists...)
			failure := failing(client, test.verb, test.resource)
			err := storeOf(client).Ensure(context.Background(), name, owner, []string{"192.168.10.1"})
			if !errors.Is(err, failure) || !strings.Contains(err.Error(), "default/"+name) {
				t.Errorf("got error %v, want one that wraps %q and names the object", err, failure)
			}
			if test.resource == "services" && slices.Contains(writes(client), "create endpoints") {
				t.Error("Endpoints were made without their Service")
			}
		})
	}
}
