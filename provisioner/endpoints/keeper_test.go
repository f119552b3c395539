package endpoints

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/provisioner/work"
)

// heketiAnswers is a heketi that tells its storage hosts, or fails, and counts how
// often it is asked.
type heketiAnswers struct {
	hosts []string
	err   error
	asked int
}

func (h *heketiAnswers) ask(context.Context, []*v1.PersistentVolume) ([]string, error) {
	h.asked++
	return h.hosts, h.err
}

// someListing is what lists the storage hosts of someVolume.
var someListing = listing{inEndpoints, types.NamespacedName{Namespace: "default", Name: name}}

// keeperOf returns a keeper of one volume that was not started.
func keeperOf(t *testing.T, heketi *heketiAnswers) *Keeper {
	t.Helper()
	client := fake.NewSimpleClientset()
	volumes := informers.NewSharedInformerFactory(client, 0).Core().V1().PersistentVolumes().Informer()
	keeper, err := NewKeeper(Config{
		Provisioner: ourName, Namespace: "glusterfs-provisioner", Client: client, Volumes: volumes,
		Store: storeOf(client), Resolver: dns{}, Hosts: heketi.ask,
		Lock:        func(types.UID) (func(), error) { return func() {}, nil },
		SharesHosts: func() bool { return false },
		Events:      record.NewFakeRecorder(100), About: &v1.ObjectReference{},
		Repaired: func(Reason) {}, Unread: func(int) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := volumes.GetStore().Add(someVolume()); err != nil {
		t.Fatal(err)
	}
	return keeper
}

// A heketi that is away is not asked again by each of the volumes that need it.
func TestAFailureIsNotRepeatedForEachVolume(t *testing.T) {
	heketi := &heketiAnswers{err: errors.New("heketi is away")}
	keeper := keeperOf(t, heketi)
	for range 100 {
		if addresses, err := keeper.addressesOf(context.Background(), someCluster); !errors.Is(err, heketi.err) {
			t.Fatalf("got %v, %v; want the error", addresses, err)
		}
	}
	if heketi.asked != 1 {
		t.Errorf("heketi was asked %d times, want once", heketi.asked)
	}
	var later work.Later
	if err := keeper.check(context.Background(), someListing); !errors.As(err, &later) || !errors.Is(err, heketi.err) {
		t.Errorf("got %v, want that it is looked at later, which is not logged for each", err)
	}
	keeper.hosts.fail(someCluster, heketi.err, time.Now().Add(-failureAge))
	heketi.hosts, heketi.err = []string{"192.168.10.1"}, nil
	for range 100 {
		if addresses, err := keeper.addressesOf(context.Background(), someCluster); err != nil || !slices.Equal(addresses, heketi.hosts) {
			t.Fatalf("got %v, %v; want %v", addresses, err, heketi.hosts)
		}
	}
	if heketi.asked != 2 {
		t.Errorf("heketi was asked %d times, want once more", heketi.asked)
	}
}

// Without a sync, heketi is asked before what is known from long ago is written.
func TestOldAddressesAreAskedForAgain(t *testing.T) {
	heketi := &heketiAnswers{hosts: []string{"192.168.10.1", "192.168.10.2"}}
	keeper := keeperOf(t, heketi)
	long := time.Now().Add(-time.Hour)
	keeper.hosts.learn(someCluster, []string{"192.168.10.1"}, long)
	for range 10 {
		if got := keeper.refresh(context.Background(), someCluster); !slices.Equal(got, heketi.hosts) {
			t.Errorf("got %v, want %v", got, heketi.hosts)
		}
	}
	if heketi.asked != 1 {
		t.Errorf("heketi was asked %d times, want once", heketi.asked)
	}

	keeper = keeperOf(t, heketi)
	keeper.hosts.learn(someCluster, []string{"192.168.10.1"}, long)
	heketi.err = errors.New("heketi is away")
	if got := keeper.refresh(context.Background(), someCluster); !slices.Equal(got, []string{"192.168.10.1"}) {
		t.Errorf("with heketi away: got %v, want what is known", got)
	}
}

func TestWhatIsKnownIsWritten(t *testing.T) {
	heketi := &heketiAnswers{hosts: []string{"192.168.10.2", "192.168.10.1"}}
	keeper := keeperOf(t, heketi)
	client := keeper.Client.(*fake.Clientset)
	for range 3 {
		if err := keeper.check(context.Background(), someListing); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, client, wantedService(), wantedEndpoints("192.168.10.1", "192.168.10.2"))
	if got, want := writes(client), []string{"create services", "create endpoints"}; !slices.Equal(got, want) {
		t.Errorf("got writes %q, want %q: the cache is behind, not wrong", got, want)
	}
}

// The ConfigMap of a cluster is made when a volume needs it, and goes with the last.
func TestHostsOfAClusterComeAndGo(t *testing.T) {
	heketi := &heketiAnswers{hosts: []string{"192.168.10.2", "192.168.10.1"}}
	keeper := keeperOf(t, heketi)
	client := keeper.Client.(*fake.Clientset)
	if err := keeper.Volumes.GetStore().Replace([]any{csiVolume()}, ""); err != nil {
		t.Fatal(err)
	}
	key := keeper.configMapOf(someCluster.ID)
	for range 3 {
		if err := keeper.check(context.Background(), key); err != nil {
			t.Fatal(err)
		}
		if err := keeper.EnsureHosts(context.Background(), someCluster.ID, []string{"192.168.10.1", "192.168.10.2"}); err != nil {
			t.Fatal(err)
		}
	}
	expectHosts(t, client, wantedHosts("192.168.10.1,192.168.10.2"))
	if got, want := writes(client), []string{"create configmaps"}; !slices.Equal(got, want) {
		t.Errorf("got writes %q, want %q", got, want)
	}

	seen, err := sightingOf(wantedHosts("192.168.10.1,192.168.10.2"))
	if err := errors.Join(err, keeper.sightings.configMaps[0].GetStore().Add(seen), keeper.Volumes.GetStore().Replace(nil, "")); err != nil {
		t.Fatal(err)
	}
	keeper.SharesHosts = func() bool { return true }
	if err := keeper.check(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	expectHosts(t, client, wantedHosts("192.168.10.1,192.168.10.2"))
	keeper.SharesHosts = func() bool { return false }
	if err := keeper.check(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	expectHosts(t, client, nil)
}

// A quota on Services, for example, is for somebody else to raise.
func TestARefusalIsTold(t *testing.T) {
	keeper := keeperOf(t, &heketiAnswers{hosts: []string{"192.168.10.1"}})
	failure := failing(keeper.Client.(*fake.Clientset), "create", "services")
	if err := keeper.check(context.Background(), someListing); !errors.Is(err, failure) {
		t.Errorf("got %v, want an error, so that it is tried again", err)
	}
	select {
	case event := <-keeper.Events.(*record.FakeRecorder).Events:
		if !strings.Contains(event, "EndpointsNotRepaired") || !strings.Contains(event, failure.Error()) {
			t.Errorf("got event %q", event)
		}
	default:
		t.Error("no event")
	}
}

// A volume that is being deleted is left to Delete.
func TestADeletionIsNotUndone(t *testing.T) {
	keeper := keeperOf(t, &heketiAnswers{hosts: []string{"192.168.10.1"}})
	client := keeper.Client.(*fake.Clientset)
	keeper.Lock = func(types.UID) (func(), error) { return nil, errors.New("it is being deleted") }
	if err := keeper.check(context.Background(), someListing); err != nil {
		t.Fatal(err)
	}
	// It is released while the keeper waits for its turn.
	keeper.Lock = func(types.UID) (func(), error) {
		released := someVolume()
		released.Status.Phase = v1.VolumeReleased
		return func() {}, keeper.Volumes.GetStore().Update(released)
	}
	if err := keeper.check(context.Background(), someListing); err != nil {
		t.Fatal(err)
	}
	if got := writes(client); len(got) > 0 {
		t.Errorf("got writes %q", got)
	}
}

func TestNamespaceGone(t *testing.T) {
	terminating := apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, name, errors.New("it is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: v1.NamespaceTerminatingCause}}
	for what, test := range map[string]struct {
		err  error
		want bool
	}{
		"none":                        {nil, false},
		"being terminated":            {fmt.Errorf("cannot make Service: %w", terminating), true},
		"not there":                   {fmt.Errorf("cannot make Service: %w", apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "default")), true},
		"the Service is not there":    {apierrors.NewNotFound(schema.GroupResource{Resource: "services"}, name), false},
		"a 404 of something else":     {&apierrors.StatusError{ErrStatus: metav1.Status{Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound}}, false},
		"forbidden":                   {apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, name, errors.New("no")), false},
		"the API server is not there": {errors.New("connection refused"), false},
	} {
		if got := isNamespaceGone(test.err); got != test.want {
			t.Errorf("%s: got %v, want %v", what, got, test.want)
		}
	}
}
