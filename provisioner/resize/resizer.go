package resize

import (
	"context"
	"errors"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/provisioner/work"
)

// ErrInfeasible is wrapped by an error of Grow if there is no room for that size. Somebody
// has to add room, or the claim's owner to lower the request.
var ErrInfeasible = errors.New("not possible")

// Dependencies is what a Resizer works with. All fields are required.
type Dependencies struct {
	// Provisioner is the name of the provisioner whose PersistentVolumes these are.
	Provisioner string
	// Client reads and patches PersistentVolumes and claims.
	Client kubernetes.Interface
	// Informers caches PersistentVolumes, claims and StorageClasses. It must not
	// have been started.
	Informers informers.SharedInformerFactory
	// Grow grows a PersistentVolume's volume to at least sizeGiB GiB, and returns
	// how many it has then. With 0 it only looks. It may be called again after any
	// error, and for one volume once at a time.
	Grow func(ctx context.Context, pv *v1.PersistentVolume, sizeGiB int) (hasGiB int, err error)
	// Lock keeps others from the PersistentVolume of that UID until unlock is called.
	// The error says why it cannot be had now.
	Lock func(uid types.UID) (unlock func(), err error)
	// PerHeketi is how many volumes of one heketi are looked at, and grown, at a time.
	PerHeketi int
	// Retry says after which pause a volume that could not be grown is tried again.
	Retry workqueue.RateLimiter
	// Events tells users what happens.
	Events record.EventRecorder
}

// Resizer grows volumes whose claims request more than there is.
type Resizer struct {
	Dependencies
	queue workqueue.RateLimitingInterface
	turns *work.Turns

	mu sync.Mutex
	// suspected are the PersistentVolumes that Look was called for. They are compared
	// with their volumes even if they lack nothing.
	suspected map[string]struct{}
	// waiting are the PersistentVolumes whose claims request more than there is, and since
	// when that is known.
	waiting map[string]time.Time
}

// New returns a resizer. It sees what happens to PersistentVolumes, claims and
// classes as soon as the informers are started, but does nothing before Run.
func New(dependencies Dependencies) (*Resizer, error) {
	r := &Resizer{
		Dependencies: dependencies,
		queue:        workqueue.NewNamedRateLimitingQueue(dependencies.Retry, "resize"),
		suspected:    map[string]struct{}{},
		waiting:      map[string]time.Time{},
	}
	r.turns = work.NewTurns(r.PerHeketi, func(pv string) bool {
		r.queue.Add(pv)
		return true
	})
	return r, r.watch()
}

// Look has a PersistentVolume compared with its volume. If somebody has grown that by
// hand, PersistentVolume and claim take its size over.
func (r *Resizer) Look(pv string) {
	r.mu.Lock()
	r.suspected[pv] = struct{}{}
	r.mu.Unlock()
	r.queue.Add(pv)
}

// isSuspected says whether Look was called since the volume was last compared.
func (r *Resizer) isSuspected(pv string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.suspected[pv]
	return ok
}

// Waiting returns how many claims request more than there is.
func (r *Resizer) Waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting)
}

// WaitingSince returns since when the claim waits that does so for longest, as far as this
// process knows; zero if none does.
func (r *Resizer) WaitingSince() (oldest time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, since := range r.waiting {
		if oldest.IsZero() || since.Before(oldest) {
			oldest = since
		}
	}
	return oldest
}

func (r *Resizer) waits(pv string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, already := r.waiting[pv]; !already {
		r.waiting[pv] = time.Now()
	}
}

func (r *Resizer) waitsNoMore(pv string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, pv)
}

// done notes that there is nothing to do for a PersistentVolume.
func (r *Resizer) done(pv string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, pv)
	delete(r.suspected, pv)
}

// Run works until the context ends.
func (r *Resizer) Run(ctx context.Context, workers int) {
	work.Run(ctx, r.queue, workers, "The volume cannot be grown yet", r.about, r.settle)
}

// about has the log tell of the PersistentVolume of that name.
func (r *Resizer) about(ctx context.Context, name string) context.Context {
	pv, err := r.Informers.Core().V1().PersistentVolumes().Lister().Get(name)
	if err != nil {
		pv = &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	return volume.LogPersistentVolume(ctx, pv)
}
