package interrupted

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/volume"
)

const provisionerName = "gluster.org/glusterfs"

// watched answers in turn what became of operations, and then that there is nothing new.
type watched struct {
	answers []answer
	asked   atomic.Int32
}

type answer struct {
	found []heketi.Unasked
	err   error
}

func (w *watched) WatchLeft(context.Context) ([]heketi.Unasked, error) {
	w.asked.Add(1)
	if len(w.answers) == 0 {
		return nil, nil
	}
	next := w.answers[0]
	w.answers = w.answers[1:]
	return next.found, next.err
}

// TestWatch asks again and again until the context ends, and tells each finding, even if
// another heketi could not be asked.
func TestWatch(t *testing.T) {
	const url, remedy = "http://heketi:8080", "restart no storage host, set disable_background_cleaner in heketi's configuration, and see docs/mending.md"
	why := errors.New("gluster has 3 bricks of it")
	synctest.Test(t, func(t *testing.T) {
		left := &watched{answers: []answer{
			{nil, errors.New("refused")},
			{[]heketi.Unasked{{Heketi: url, Operation: "op-1", Why: why}}, errors.New("another refused")},
			{[]heketi.Unasked{
				{Heketi: url, Operation: "op-2", Why: why, Unlisted: 3},
				{Heketi: url, Operation: "op-1", Why: why, Done: true},
			}, nil},
		}}
		recorder := record.NewFakeRecorder(10)
		var cleanedUp []string
		operations := New(Dependencies{
			Connector: left, Events: recorder, About: &v1.ObjectReference{Kind: "Namespace", Name: "storage"},
			CleanedUp: func(heketi string) { cleanedUp = append(cleanedUp, heketi) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			operations.Watch(ctx)
			close(ended)
		}()
		for i, want := range [][]string{
			nil,
			{"Warning HeketiCleansUp heketi " + url + " is undoing operation op-1, which this provisioner leaves alone; " + remedy + ": gluster has 3 bricks of it"},
			{
				"Warning HeketiCleansUp heketi " + url + " has taken 3 bricks out of fstab, which are in use, in undoing operation op-2, which this provisioner leaves alone; " + remedy + ": gluster has 3 bricks of it",
				"Warning HeketiCleanedUp heketi " + url + " has cleaned up operation op-1 by itself, and files may be lost: gluster has 3 bricks of it; " + remedy,
			},
			nil,
		} {
			synctest.Wait()
			var got []string
			for len(recorder.Events) > 0 {
				got = append(got, <-recorder.Events)
			}
			if asked := int(left.asked.Load()); !slices.Equal(got, want) || asked != i+1 {
				t.Errorf("look %d of %d: got %q, want %q", i+1, asked, got, want)
			}
			time.Sleep(leftPace)
		}
		cancel()
		<-ended
		if want := []string{url, url, url}; !slices.Equal(cleanedUp, want) {
			t.Errorf("told of clean-ups of %q, want %q", cleanedUp, want)
		}
	})
}

// server is a heketi that was interrupted in some creates. Its one storage host does not
// answer, so that they are left alone.
type server struct {
	*httptest.Server
	pending []string
	fails   bool

	mu    sync.Mutex
	asked []string
}

func newServer(t *testing.T, pending ...string) *server {
	s := &server{pending: pending}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	if s.fails {
		http.Error(w, "Unable to access db", http.StatusInternalServerError)
		return
	}
	listed, known := []any{}, map[string]any{}
	for _, id := range s.pending {
		listed = append(listed, map[string]string{"id": id, "type_name": "create-volume", "status": "stale"})
		known[id] = map[string]any{"Id": id, "Type": 1, "Status": "stale", "Actions": []any{
			map[string]any{"Change": 1, "Id": "b1"}, map[string]any{"Change": 2, "Id": "v1"},
		}}
	}
	switch r.URL.Path {
	case "/operations/pending":
		_ = json.NewEncoder(w).Encode(map[string]any{"pendingoperations": listed})
	case "/internal/state/examine/gluster":
		_ = json.NewEncoder(w).Encode(map[string]any{
			"heketidb": map[string]any{
				"clusterentries":    map[string]any{"c1": map[string]any{"Info": map[string]any{"nodes": []string{"n1"}}}},
				"nodeentries":       map[string]any{"n1": map[string]any{"Info": map[string]any{"hostnames": map[string]any{"manage": []string{"host-1"}}}}},
				"volumeentries":     map[string]any{"v1": map[string]any{"Info": map[string]any{"id": "v1", "name": "pvc-1", "cluster": "c1"}, "Bricks": []string{"b1"}}},
				"brickentries":      map[string]any{"b1": map[string]any{"Info": map[string]any{"id": "b1", "path": "/var/lib/heketi/mounts/b1/brick", "volume": "v1", "node": "n1"}}},
				"pendingoperations": known,
			},
			"clusters": []any{map[string]any{"ClusterHeketiID": "c1", "NodesData": []any{map[string]any{"NodeHeketiID": "n1", "VolumeInfo": nil, "BricksMountStatus": nil}}}},
		})
	}
}

func (s *server) times(request string) (count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, asked := range s.asked {
		if asked == request {
			count++
		}
	}
	return count
}

// connecting connects except for the classes that it has an error for.
type connecting struct {
	*heketi.Connector
	fails map[string]error
}

func (c connecting) Connect(_ context.Context, server volume.Heketi, class string) (*heketi.Client, error) {
	if err := c.fails[class]; err != nil {
		return nil, err
	}
	return c.Connector.Connect(heketi.Credentials{URL: server.URL, User: server.User})
}

// cleanUp has those heketis clean up that classes name, by the class's name.
func cleanUp(t *testing.T, heketis map[string]*server, fails map[string]error) error {
	classes := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})
	for name, of := range heketis {
		if err := classes.Add(&storagev1.StorageClass{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisionerName,
			Parameters: map[string]string{"resturl": of.URL, "restuser": "user-of-" + name, "secretnamespace": "storage", "secretname": "heketi"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	connector := heketi.NewConnector(heketi.DefaultConfig())
	return New(Dependencies{
		Provisioner:       provisionerName,
		Classes:           storagelisters.NewStorageClassLister(classes),
		PersistentVolumes: corelisters.NewPersistentVolumeLister(cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})),
		Heketis:           connecting{connector, fails},
	}).CleanUp(t.Context())
}

const (
	list    = "GET /operations/pending"
	examine = "GET /internal/state/examine/gluster"
)

// TestCleanUpInTheFirstWayThatWorks asks a heketi once, if that is possible.
func TestCleanUpInTheFirstWayThatWorks(t *testing.T) {
	noSecret := errors.New("cannot read Secret")
	for what, fails := range map[string]map[string]error{
		"both work":       nil,
		"the first fails": {"gold": noSecret},
		"the other fails": {"silver": noSecret},
	} {
		s := newServer(t)
		if err := cleanUp(t, map[string]*server{"gold": s, "silver": s}, fails); err != nil || s.times(list) != 1 {
			t.Errorf("%s: got %v after asking %q", what, err, s.asked)
		}
	}
	s := newServer(t)
	inNone := map[string]error{"gold": noSecret, "silver": errors.New("cannot read another Secret")}
	if err := cleanUp(t, map[string]*server{"gold": s, "silver": s}, inNone); !errors.Is(err, noSecret) || errors.Is(err, inNone["silver"]) || len(s.asked) > 0 {
		t.Errorf("none works: got %v after asking %q, want why the first way fails", err, s.asked)
	}
	s.fails = true
	if err := cleanUp(t, map[string]*server{"gold": s, "silver": s}, nil); err == nil || s.times(list) != 2 {
		t.Errorf("heketi fails: got %v after asking %q", err, s.asked)
	}
}

// TestWhatIsLeftAlone is told, of every heketi. It is not tried in another way, because
// gluster would say the same. No heketi is kept from cleaning up by another.
func TestWhatIsLeftAlone(t *testing.T) {
	leaves, alsoLeaves, fails, idle := newServer(t, "op-1"), newServer(t, "op-2"), newServer(t), newServer(t)
	fails.fails = true
	err := cleanUp(t, map[string]*server{"gold": leaves, "silver": leaves, "bronze": alsoLeaves, "iron": fails, "tin": idle}, nil)
	if !errors.Is(err, heketi.ErrInUse) {
		t.Fatalf("got %v, want that something is in use", err)
	}
	for _, want := range []string{"clean up operation op-1", "clean up operation op-2", "Unable to access db"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, which does not say %q", err, want)
		}
	}
	for _, s := range []*server{leaves, alsoLeaves} {
		if s.times(list) != 1 || s.times(examine) != 1 || len(s.asked) != 2 {
			t.Errorf("a heketi was asked %q, want one list and one look", s.asked)
		}
	}
	if idle.times(list) != 1 {
		t.Error("a heketi was not asked")
	}
}
