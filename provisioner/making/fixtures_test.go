package making

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

const (
	namespace   = "glusterfs-provisioner"
	provisioner = "gluster.org/glusterfs"
	lateness    = 3 * time.Second
	firstGID    = 2000
	perHeketi   = 16
	// ending is longer than the end of a record takes: the journal has it wait for others.
	ending = time.Second
)

// world is all that volumes in the making have to do with.
type world struct {
	*Volumes
	client         *fake.Clientset
	claims, saved  cache.Indexer
	gids           *gid.Allocator
	journal        *journal.Journal
	mu             sync.Mutex
	inHeketi       map[string]bool
	heketiFails    error
	failsAt        string // the URL of the heketi that fails, or every one.
	heketiAnswers  chan struct{}
	endpointsGone  int
	events         []string
	savedAfter     []string
	lockedByOthers map[types.UID]bool
}

func newWorld() *world {
	w := &world{
		client:         fake.NewSimpleClientset(),
		claims:         cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}),
		saved:          cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{}),
		gids:           gid.NewAllocator(),
		inHeketi:       map[string]bool{},
		lockedByOthers: map[types.UID]bool{},
	}
	w.journal = journal.New(w.client.CoreV1(), namespace, provisioner)
	w.restart()
	return w
}

// restart is what a new process begins with: what is outside of it.
func (w *world) restart() {
	if w.Volumes != nil {
		w.shutDown()
	}
	w.gids = gid.NewAllocator()
	w.Volumes = New(Dependencies{
		Journal:           w.journal,
		GIDs:              w.gids,
		Client:            w.client,
		Claims:            corelisters.NewPersistentVolumeClaimLister(w.claims),
		PersistentVolumes: corelisters.NewPersistentVolumeLister(w.saved),
		Lock:              w.lock,
		DeleteVolume:      w.deleteVolume,
		RemoveEndpoints:   w.removeEndpoints,
		Lateness:          lateness,
		PerHeketi:         perHeketi,
		Saved: func(class string, waited time.Duration) {
			w.savedAfter = append(w.savedAfter, fmt.Sprint(class, " ", waited))
		},
		Events: w,
	})
}

func (w *world) lock(claim types.UID) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lockedByOthers[claim] {
		return nil, errors.New("locked")
	}
	return func() {}, nil
}

func (w *world) deleteVolume(ctx context.Context, entry journal.Entry) error {
	if w.heketiAnswers != nil {
		select {
		case <-w.heketiAnswers:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.heketiFails != nil && (w.failsAt == "" || w.failsAt == entry.Heketi.URL) {
		return w.heketiFails
	}
	delete(w.inHeketi, entry.Volume)
	return nil
}

func (w *world) removeEndpoints(context.Context, journal.Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.endpointsGone++
	return nil
}

// Eventf makes the world a recorder of events.
func (w *world) Eventf(_ runtime.Object, _, reason, format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, reason+": "+fmt.Sprintf(format, args...))
}

func entryOf(claim string) journal.Entry {
	return journal.Entry{
		Claim:            types.NamespacedName{Namespace: "apps", Name: claim},
		ClaimUID:         types.UID(claim),
		PersistentVolume: "pvc-" + claim,
		Volume:           "pvc-" + claim,
		Class:            "slow",
		Heketi:           volume.Heketi{URL: "http://heketi:8080"},
		Source:           volume.Glusterfs,
		Endpoints:        "glusterfs-dynamic-" + claim,
		GID:              firstGID,
	}
}

// begin has a claim wait, its GID reserved, its volume Begun and made in heketi.
func (w *world) begin(t *testing.T, entry journal.Entry) {
	t.Helper()
	w.addClaim(t, entry, "")
	if err := w.gids.Reserve(entry.ClaimUID, entry.GID); err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	w.inHeketi[entry.Volume] = true
}

// addClaim makes the entry's claim, or changes it, with a spec.volumeName.
func (w *world) addClaim(t *testing.T, entry journal.Entry, volumeName string) {
	t.Helper()
	w.removeClaim(t, entry)
	claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: entry.Claim.Namespace, Name: entry.Claim.Name, UID: entry.ClaimUID}}
	claim.Spec.VolumeName = volumeName
	if err := errors.Join(w.client.Tracker().Add(claim), w.claims.Add(claim)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) removeClaim(t *testing.T, entry journal.Entry) {
	t.Helper()
	key := entry.Claim.String()
	if found, there, _ := w.claims.GetByKey(key); there {
		err := w.client.CoreV1().PersistentVolumeClaims(entry.Claim.Namespace).Delete(context.Background(), entry.Claim.Name, metav1.DeleteOptions{})
		if err := errors.Join(err, w.claims.Delete(found)); err != nil {
			t.Fatal(err)
		}
	}
}

// save saves a PersistentVolume of the entry's name, which mounts a volume of heketi,
// and returns it. The caches have it, and its GID is held.
func (w *world) save(t *testing.T, entry journal.Entry, path string) *v1.PersistentVolume {
	t.Helper()
	pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: entry.PersistentVolume}}
	pv.Spec.Glusterfs = &v1.GlusterfsPersistentVolumeSource{Path: path}
	pv.Spec.ClaimRef = &v1.ObjectReference{UID: entry.ClaimUID}
	if err := errors.Join(w.client.Tracker().Add(pv), w.saved.Add(pv)); err != nil {
		t.Fatal(err)
	}
	if path == entry.Volume {
		w.gids.Hold(entry.ClaimUID, entry.GID)
	}
	return pv
}

// writes returns how often the API server was asked to change something.
func (w *world) writes() (counted int) {
	for _, action := range w.client.Actions() {
		if action.GetVerb() != "get" {
			counted++
		}
	}
	return counted
}

// look does at once what is due for a claim, and returns why it is not done.
func (w *world) look(ctx context.Context, claim types.UID) error {
	err := w.review(ctx, claim)
	if w.undoings.Len() > 0 {
		key, _ := w.undoings.Get()
		err = w.abandonInTurn(ctx, key.(types.UID))
		w.undoings.Done(key)
	}
	return err
}

// left says what is left of a claim's volume in the making.
func (w *world) left(t *testing.T, entry journal.Entry) string {
	t.Helper()
	entries, err := w.journal.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, open := w.get(entry.ClaimUID)
	if open != (len(entries) == 1) {
		t.Fatalf("the journal has %d entries, and that there is a record is %v", len(entries), open)
	}
	said := "nothing"
	if open {
		said = r.state.String()
	}
	if w.inHeketi[entry.Volume] {
		said += ", in heketi"
	}
	if w.gids.Taken() > 0 {
		said += ", GID taken"
	}
	return said
}

// shutDown ends the goroutines of the queues.
func (w *world) shutDown() {
	w.reviews.ShutDown()
	w.undoings.ShutDown()
}
