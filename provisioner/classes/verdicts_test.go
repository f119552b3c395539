package classes

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/reach"
	"glusterfs-provisioner/provisioner/volume"
)

// judging is what verdicts are tested with: a cache of classes, an API server with Secrets
// that may fail, and what was told.
type judging struct {
	*Verdicts
	classes  cache.Indexer
	api      *fake.Clientset
	failure  atomic.Value
	recorder *record.FakeRecorder
}

// apiFailure is why the API server answers no request; nil if it does.
type apiFailure struct{ error }

// judge plays a scene of which the time is no real one.
func judge(t *testing.T, play func(t *testing.T, j *judging)) {
	synctest.Test(t, func(t *testing.T) {
		j := &judging{
			classes:  cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{}),
			api:      fake.NewSimpleClientset(),
			recorder: record.NewFakeRecorder(100),
		}
		j.api.PrependReactor("get", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) {
			failure, _ := j.failure.Load().(apiFailure)
			return failure.error != nil, nil, failure.error
		})
		lister := storagelisters.NewStorageClassLister(j.classes)
		j.Verdicts = New(Dependencies{
			Provisioner: "ours",
			Classes:     lister,
			Heketis:     reach.New(reach.Config{Secrets: j.api.CoreV1(), Classes: lister, Connector: heketi.NewConnector(heketi.DefaultConfig())}),
			Mounted:     func(context.Context) volume.Source { return volume.CSI },
			Events:      j.recorder,
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { j.Run(ctx); close(ended) }()
		play(t, j)
		cancel()
		<-ended
	})
}

// set makes or changes a class, as the informer would tell.
func (j *judging) set(t *testing.T, name string, uid types.UID, change ...func(*storagev1.StorageClass)) {
	t.Helper()
	class := right(change...)
	class.Name, class.UID = name, uid
	if class.Provisioner == "" {
		class.Provisioner = "ours"
	}
	if err := j.classes.Update(class); err != nil {
		t.Fatal(err)
	}
	j.Handler().OnUpdate(class, class)
}

// told waits for a time and returns what was told within.
func (j *judging) told(within time.Duration) []string {
	time.Sleep(within)
	synctest.Wait()
	var told []string
	for {
		select {
		case event := <-j.recorder.Events:
			told = append(told, event)
		default:
			return told
		}
	}
}

// expect checks that a number of events was told, each with all of the texts.
func (j *judging) expect(t *testing.T, within time.Duration, count int, texts ...string) {
	t.Helper()
	told := j.told(within)
	for _, text := range texts {
		if slices.ContainsFunc(told, func(event string) bool { return !strings.Contains(event, text) }) {
			t.Errorf("told %q, want %q in each", told, text)
		}
	}
	if len(told) != count {
		t.Errorf("told %q, want %d events", told, count)
	}
}

func (j *judging) expectValid(t *testing.T, want map[string]bool) {
	t.Helper()
	if got := j.Valid(); !maps.Equal(got, want) {
		t.Errorf("valid are %v, want %v", got, want)
	}
}

func withSecret(class *storagev1.StorageClass) {
	class.Parameters["secretNamespace"], class.Parameters["secretName"] = "storage", "heketi"
}

func (j *judging) makeSecret(t *testing.T, key string) {
	t.Helper()
	secret := &v1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "storage", Name: "heketi"}, Type: "gluster.org/glusterfs", Data: map[string][]byte{"key": []byte(key)}}
	_ = j.api.Tracker().Delete(v1.SchemeGroupVersion.WithResource("secrets"), "storage", "heketi")
	if err := j.api.Tracker().Add(secret); err != nil {
		t.Fatal(err)
	}
}

// TestWrongClassIsToldOnce tells again only when the class is made anew, or something else is
// wrong with it.
func TestWrongClassIsToldOnce(t *testing.T) {
	judge(t, func(t *testing.T, j *judging) {
		wrong := given("gidMin", "1999")
		j.set(t, "gold", "1", wrong)
		j.expect(t, grace+time.Second, 1, v1.EventTypeWarning, ReasonInvalid, `gidMin "1999"`, "delete the class and make it again")
		j.expectValid(t, map[string]bool{"gold": false})
		for range 3 {
			j.set(t, "gold", "1", wrong)
			j.expect(t, time.Hour, 0)
		}
		j.set(t, "gold", "2", wrong)
		j.expect(t, time.Minute, 1, ReasonInvalid, `gidMin "1999"`)
		j.set(t, "gold", "2", wrong, mounting("bind"))
		j.expect(t, time.Minute, 1, ReasonInvalid, `gidMin "1999"`, `mountOptions "bind"`)
		j.set(t, "gold", "3")
		j.expect(t, time.Minute, 0)
		j.expectValid(t, map[string]bool{"gold": true})
	})
}

func TestMountOptionsAreCorrected(t *testing.T) {
	judge(t, func(t *testing.T, j *judging) {
		j.set(t, "gold", "1", mounting("bind"))
		j.expect(t, time.Minute, 1, v1.EventTypeWarning, ReasonInvalid, `mountOptions "bind"`)
		j.set(t, "gold", "1", mounting("noatime"))
		j.expect(t, time.Minute, 1, v1.EventTypeNormal, ReasonValid)
		j.expectValid(t, map[string]bool{"gold": true})
	})
}

// TestSecretIsWaitedFor makes the Secret after the class. A Secret that comes at once is no
// event; one that comes later is noticed without a change of the class.
func TestSecretIsWaitedFor(t *testing.T) {
	judge(t, func(t *testing.T, j *judging) {
		j.set(t, "gold", "1", withSecret)
		time.Sleep(grace / 2)
		j.makeSecret(t, "secret")
		j.expect(t, time.Hour, 0)
		j.expectValid(t, map[string]bool{"gold": true})

		j.makeSecret(t, "")
		j.set(t, "gold", "1", withSecret)
		j.expect(t, time.Hour, 1, v1.EventTypeWarning, ReasonInvalid, `Secret storage/heketi has no data "key"`)
		j.expectValid(t, map[string]bool{"gold": false})
		j.makeSecret(t, "secret")
		j.expect(t, mostPause+time.Second, 1, v1.EventTypeNormal, ReasonValid)
		j.expectValid(t, map[string]bool{"gold": true})
	})
}

// TestSecretIsReadAgainSoonAtFirst bounds how long a new class counts as wrong.
func TestSecretIsReadAgainSoonAtFirst(t *testing.T) {
	judge(t, func(t *testing.T, j *judging) {
		j.set(t, "gold", "1", withSecret)
		j.expect(t, grace+time.Second, 1, ReasonInvalid, "cannot read Secret storage/heketi", "not found")
		j.makeSecret(t, "secret")
		j.expect(t, leastPause, 1, ReasonValid)
		j.api.ClearActions()
		j.expect(t, time.Hour, 0)
		if len(j.api.Actions()) != 0 {
			t.Errorf("a right class costs requests: %v", j.api.Actions())
		}
	})
}

// TestAPIServerFails is no matter of the class.
func TestAPIServerFails(t *testing.T) {
	judge(t, func(t *testing.T, j *judging) {
		j.makeSecret(t, "secret")
		j.failure.Store(apiFailure{errors.New("connection refused")})
		j.set(t, "gold", "1", withSecret)
		j.expect(t, time.Minute, 0)
		j.expectValid(t, map[string]bool{})
		j.failure.Store(apiFailure{apierrors.NewForbidden(v1.Resource("secrets"), "heketi", errors.New("no right"))})
		j.expect(t, 2*time.Minute, 1, ReasonInvalid, "kubectl apply -n storage -f deploy/secrets-in-namespaces/")
		j.failure.Store(apiFailure{})
		j.expect(t, 2*mostPause, 1, ReasonValid)
	})
}

func TestClassesOfOthersAndThoseThatAreGone(t *testing.T) {
	judge(t, func(t *testing.T, j *judging) {
		j.set(t, "other", "1", func(class *storagev1.StorageClass) { class.Provisioner, class.Parameters = "theirs", nil })
		j.set(t, "gold", "2", given("snapfactor", "0"))
		j.expect(t, time.Minute, 1, `snapfactor "0"`)
		j.expectValid(t, map[string]bool{"gold": false})
		gone, _, _ := j.classes.GetByKey("gold")
		if err := j.classes.Delete(gone); err != nil {
			t.Fatal(err)
		}
		j.Handler().OnDelete(cache.DeletedFinalStateUnknown{Key: "gold", Obj: gone})
		j.expect(t, time.Minute, 0)
		j.expectValid(t, map[string]bool{})
	})
}

func TestAdviceIsToldOnce(t *testing.T) {
	judge(t, func(t *testing.T, j *judging) {
		for _, want := range []int{1, 0} {
			j.set(t, "gold", "1", given("restuserkey", "My Secret Life"))
			j.expect(t, time.Minute, want, v1.EventTypeWarning, ReasonAdvice, "restuserkey")
		}
		j.expectValid(t, map[string]bool{"gold": true})
	})
}
