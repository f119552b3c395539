package journal

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

const (
	namespace   = "glusterfs-provisioner"
	provisioner = "gluster.org/glusterfs"
)

func journalOf(client *fake.Clientset, provisioner string) *Journal {
	return New(client.CoreV1(), namespace, provisioner)
}

func mustBegin(t *testing.T, j *Journal, entry Entry) {
	t.Helper()
	if err := j.Begin(context.Background(), entry); err != nil {
		t.Fatalf("Begin(%s): %v", entry.ClaimUID, err)
	}
}

func mustEnd(t *testing.T, j *Journal, entry Entry) {
	t.Helper()
	if err := j.End(context.Background(), entry.ClaimUID); err != nil {
		t.Fatalf("End(%s): %v", entry.ClaimUID, err)
	}
}

// mustLoad loads what a next process finds.
func mustLoad(t *testing.T, client *fake.Clientset, provisioner string) (*Journal, []Entry) {
	t.Helper()
	j := journalOf(client, provisioner)
	entries, err := j.Load(context.Background())
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return j, entries
}

func expectOpen(t *testing.T, j *Journal, want ...Entry) {
	t.Helper()
	if got := j.Len(); got != len(want) {
		t.Errorf("Len: got %d, want %d", got, len(want))
	}
	for _, entry := range want {
		got, open := j.Find(entry.ClaimUID)
		if !open || !reflect.DeepEqual(got, entry) {
			t.Errorf("Find(%s): got %+v, %v; want %+v", entry.ClaimUID, got, open, entry)
		}
	}
}

// failing makes every request of that verb fail.
func failing(client *fake.Clientset, verb string) error {
	failure := errors.New("the API server is away")
	client.PrependReactor(verb, "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, failure
	})
	return failure
}

func TestWhatWasBegunIsFoundByTheNextProcess(t *testing.T) {
	for what, entry := range variants() {
		t.Run(what, func(t *testing.T) {
			client := fake.NewSimpleClientset()
			j := journalOf(client, provisioner)
			expectOpen(t, j)
			mustBegin(t, j, entry)
			expectOpen(t, j, entry)

			next, entries := mustLoad(t, client, provisioner)
			expectOpen(t, next, entry)
			if want := []Entry{entry}; !reflect.DeepEqual(entries, want) {
				t.Errorf("Load: got %+v, want %+v", entries, want)
			}

			mustEnd(t, next, entry)
			expectOpen(t, next)
			after, entries := mustLoad(t, client, provisioner)
			expectOpen(t, after)
			if len(entries) != 0 {
				t.Errorf("Load after End: got %+v, want nothing", entries)
			}
		})
	}
}

func TestBeginAgainReplacesTheEntry(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	before := entryOf("c1")
	mustBegin(t, j, before)
	after := variants()["key in the class"]
	after.GID = 2001
	mustBegin(t, j, after)
	expectOpen(t, j, after)
	next, _ := mustLoad(t, client, provisioner)
	expectOpen(t, next, after)
}

func TestBeginCountsAsOpenEvenWhenItFails(t *testing.T) {
	for _, verb := range []string{"create", "update"} {
		t.Run(verb, func(t *testing.T) {
			client := fake.NewSimpleClientset()
			j := journalOf(client, provisioner)
			if verb == "update" {
				mustBegin(t, j, entryOf("c1"))
			}
			failure := failing(client, verb)
			entry := entryOf("c1")
			entry.GID = 2001
			err := j.Begin(context.Background(), entry)
			if !errors.Is(err, failure) || !strings.Contains(err.Error(), "ConfigMap claim-c1") {
				t.Errorf("got error %v, want one that wraps %q and names the ConfigMap", err, failure)
			}
			expectOpen(t, j, entry)
		})
	}
}

// The API server may have saved what it failed to confirm.
func TestBeginAfterALostAnswer(t *testing.T) {
	client := fake.NewSimpleClientset()
	lost := true
	client.PrependReactor("create", "configmaps", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if !lost {
			return false, nil, nil
		}
		lost = false
		object := action.(clienttesting.CreateAction).GetObject()
		if err := client.Tracker().Create(action.GetResource(), object, namespace); err != nil {
			t.Error(err)
		}
		return true, nil, apierrors.NewTimeoutError("lost", 0)
	})
	j := journalOf(client, provisioner)
	entry := entryOf("c1")
	if err := j.Begin(context.Background(), entry); err == nil {
		t.Error("got no error, want the time-out")
	}
	mustBegin(t, j, entry)
	next, _ := mustLoad(t, client, provisioner)
	expectOpen(t, next, entry)
}

func TestEndOfWhatIsNotOpenAsksNobody(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustEnd(t, j, entryOf("c1"))
	if got := client.Actions(); len(got) != 0 {
		t.Errorf("got requests %v, want none", got)
	}
}

func TestEndWhenTheConfigMapIsGone(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustBegin(t, j, entryOf("c1"))
	if err := client.CoreV1().ConfigMaps(namespace).Delete(context.Background(), configMapName(provisioner, "c1"), metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, j, entryOf("c1"))
	expectOpen(t, j)
}

func TestEndThatFailsLeavesTheEntryOpen(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustBegin(t, j, entryOf("c1"))
	failure := failing(client, "delete")
	err := j.End(context.Background(), "c1")
	if !errors.Is(err, failure) || !strings.Contains(err.Error(), "ConfigMap claim-c1") {
		t.Errorf("got error %v, want one that wraps %q and names the ConfigMap", err, failure)
	}
	expectOpen(t, j, entryOf("c1"))
}

func TestReferenceNamesTheConfigMap(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustBegin(t, j, entryOf("c1"))
	got := *j.Reference(entryOf("c1"))
	want := v1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: namespace, Name: configMapName(provisioner, "c1")}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := client.CoreV1().ConfigMaps(got.Namespace).Get(context.Background(), got.Name, metav1.GetOptions{}); err != nil {
		t.Errorf("what it refers to is not there: %v", err)
	}
}

func TestWhetherWhatIsSharedMayBeNeeded(t *testing.T) {
	for _, variant := range []string{"shared Endpoints", "csi"} {
		t.Run(variant, func(t *testing.T) { shares(t, variants()[variant]) })
	}
}

func shares(t *testing.T, sharing Entry) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	expect := func(want bool) {
		t.Helper()
		if got := j.SharesHosts(); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	expect(false)
	mustBegin(t, j, entryOf("c2"))
	expect(false)
	mustBegin(t, j, sharing)
	expect(true)
	next, _ := mustLoad(t, client, provisioner)
	if !next.SharesHosts() {
		t.Error("the next process does not know")
	}
	mustEnd(t, j, sharing)
	expect(false)
}

func TestWhetherAnEntryWasRemoved(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustBegin(t, j, entryOf("c1"))
	expectRemoved := func(want bool) {
		t.Helper()
		if got, err := j.WasRemoved(context.Background(), "c1"); got != want || err != nil {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
	expectRemoved(false)
	if err := client.CoreV1().ConfigMaps(namespace).Delete(context.Background(), configMapName(provisioner, "c1"), metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	expectRemoved(true)
	failure := failing(client, "get")
	if _, err := j.WasRemoved(context.Background(), "c1"); !errors.Is(err, failure) {
		t.Errorf("got error %v, want one that wraps %q", err, failure)
	}
}
