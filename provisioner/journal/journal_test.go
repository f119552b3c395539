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

func mustWrite(t *testing.T, j *Journal, entry Entry) {
	t.Helper()
	if err := j.Write(context.Background(), entry); err != nil {
		t.Fatalf("Write(%s): %v", entry.ClaimUID, err)
	}
}

func mustRemove(t *testing.T, j *Journal, entry Entry) {
	t.Helper()
	if err := j.Remove(context.Background(), entry.ClaimUID); err != nil {
		t.Fatalf("Remove(%s): %v", entry.ClaimUID, err)
	}
}

// expectListed is what a next process finds.
func expectListed(t *testing.T, client *fake.Clientset, provisioner string, want ...Entry) {
	t.Helper()
	got, err := journalOf(client, provisioner).List(context.Background())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("List: got %+v, want %+v", got, want)
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

func TestWhatIsWrittenIsListedByTheNextProcess(t *testing.T) {
	for what, entry := range variants() {
		t.Run(what, func(t *testing.T) {
			client := fake.NewSimpleClientset()
			j := journalOf(client, provisioner)
			mustWrite(t, j, entry)
			expectListed(t, client, provisioner, entry)
			mustRemove(t, j, entry)
			expectListed(t, client, provisioner)
		})
	}
}

func TestWriteAgainReplacesTheEntry(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustWrite(t, j, entryOf("c1"))
	after := variants()["key in the class"]
	after.GID = 2001
	mustWrite(t, j, after)
	expectListed(t, client, provisioner, after)
}

func TestWriteNamesTheConfigMapWhenItFails(t *testing.T) {
	for _, verb := range []string{"create", "update"} {
		t.Run(verb, func(t *testing.T) {
			client := fake.NewSimpleClientset()
			j := journalOf(client, provisioner)
			if verb == "update" {
				mustWrite(t, j, entryOf("c1"))
			}
			failure := failing(client, verb)
			err := j.Write(context.Background(), entryOf("c1"))
			if !errors.Is(err, failure) || !strings.Contains(err.Error(), "ConfigMap claim-c1") {
				t.Errorf("got error %v, want one that wraps %q and names the ConfigMap", err, failure)
			}
		})
	}
}

// The API server may have saved what it failed to confirm.
func TestWriteAfterALostAnswer(t *testing.T) {
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
	if err := j.Write(context.Background(), entry); err == nil {
		t.Error("got no error, want the time-out")
	}
	mustWrite(t, j, entry)
	expectListed(t, client, provisioner, entry)
}

func TestRemoveWhenTheConfigMapIsGone(t *testing.T) {
	client := fake.NewSimpleClientset()
	mustRemove(t, journalOf(client, provisioner), entryOf("c1"))
}

func TestRemoveNamesTheConfigMapWhenItFails(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustWrite(t, j, entryOf("c1"))
	failure := failing(client, "delete")
	err := j.Remove(context.Background(), "c1")
	if !errors.Is(err, failure) || !strings.Contains(err.Error(), "ConfigMap claim-c1") {
		t.Errorf("got error %v, want one that wraps %q and names the ConfigMap", err, failure)
	}
	expectListed(t, client, provisioner, entryOf("c1"))
}

func TestReferenceNamesTheConfigMap(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustWrite(t, j, entryOf("c1"))
	got := *j.Reference(entryOf("c1"))
	want := v1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: namespace, Name: configMapName(provisioner, "c1")}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := client.CoreV1().ConfigMaps(got.Namespace).Get(context.Background(), got.Name, metav1.GetOptions{}); err != nil {
		t.Errorf("what it refers to is not there: %v", err)
	}
}

func TestWhetherAnEntryWasRemoved(t *testing.T) {
	client := fake.NewSimpleClientset()
	j := journalOf(client, provisioner)
	mustWrite(t, j, entryOf("c1"))
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
