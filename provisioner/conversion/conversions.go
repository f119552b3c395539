package conversion

import (
	"context"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/provisioner/work"
)

// atATime is how many PersistentVolumes are converted at a time. Kubernetes' controllers
// write five times for each, 20 times a second by default, and a claim is Lost until they
// have. If so many cannot be finished, no other is begun.
const atATime = 4

// Plan is what a PersistentVolume is to become.
type Plan struct {
	// Made is the volume, as it is to be mounted.
	Made volume.Made
	// Annotations are those that change; an empty value removes one.
	Annotations map[string]string
}

// Dependencies is what Conversions work with. All fields are required.
type Dependencies struct {
	// Provisioner is the name of the provisioner whose PersistentVolumes are converted, and
	// whose those of its predecessors become.
	Provisioner string
	// Namespace is where the records are.
	Namespace string
	// Finalizer is the one that the provisioner has on PersistentVolumes whose volumes it
	// is to delete.
	Finalizer string
	// Client reads and writes PersistentVolumes, claims and the records.
	Client kubernetes.Interface
	// PersistentVolumes and Claims are the informers of both, which must not have been
	// started, and Volumes the lister of the former.
	PersistentVolumes, Claims cache.SharedIndexInformer
	Volumes                   corelisters.PersistentVolumeLister
	// Lock keeps all others from the PersistentVolume of that UID until unlock is called.
	// The error says that it cannot be had now.
	Lock func(types.UID) (unlock func(), err error)
	// IsInTheMaking says whether the volume of a claim is not saved for certain yet.
	IsInTheMaking func(claim types.UID) bool
	// Concerns says whether this provisioner is to convert a PersistentVolume, if it is to be
	// converted. Those of others are not even told why not: there may be several
	// provisioners, each with PersistentVolumes of its own.
	Concerns func(*v1.PersistentVolume) bool
	// Obstacle says why no volume with that kind of source can be mounted; nil if one can.
	Obstacle func(volume.Source) error
	// Plan asks heketi for a PersistentVolume's volume and returns what it is to become,
	// or an error that says why it cannot. It writes nothing.
	Plan func(ctx context.Context, pv *v1.PersistentVolume, to volume.Source) (Plan, error)
	// ListHosts writes what lists the storage hosts that the volume is to be mounted from.
	// Unlist removes what has listed them for the earlier of two PersistentVolumes, if the
	// later one and others do not need it.
	ListHosts func(ctx context.Context, pv *v1.PersistentVolume, made volume.Made) error
	Unlist    func(ctx context.Context, before, after *v1.PersistentVolume) error
	// Expect is told of each PersistentVolume that will be made, before anything is
	// provisioned, so that nobody else gets its GID.
	Expect func(*v1.PersistentVolume)
	// Retry says after which pause one that is refused is tried again.
	Retry workqueue.RateLimiter
	// Events tells what was done and what stands in the way, on claims and
	// PersistentVolumes. Where there is neither, it is About.
	Events record.EventRecorder
	About  *v1.ObjectReference
}

// Conversions converts PersistentVolumes that have the annotation for it. It is safe for
// concurrent use.
type Conversions struct {
	Dependencies
	api api
	// wanted are the names of PersistentVolumes that may have to be converted, underWay
	// those that have a record.
	wanted, underWay workqueue.RateLimitingInterface

	mu      sync.Mutex
	records map[string]*replacement
}

// New returns conversions, which do nothing before Run.
func New(dependencies Dependencies) (*Conversions, error) {
	c := &Conversions{
		Dependencies: dependencies,
		api:          api{dependencies.Client.CoreV1()},
		wanted:       workqueue.NewNamedRateLimitingQueue(dependencies.Retry, "conversions"),
		underWay: workqueue.NewNamedRateLimitingQueue(
			workqueue.NewItemExponentialFailureRateLimiter(200*time.Millisecond, 5*time.Second), "conversions_under_way"),
		records: map[string]*replacement{},
	}
	return c, c.watch()
}

// Resume learns what the last leader has begun, and has Expect told of it. Call it before
// anything is provisioned. An error names a record that cannot be read.
func (c *Conversions) Resume(ctx context.Context) error {
	records, err := c.list(ctx)
	if err != nil {
		return err
	}
	for _, r := range records {
		pv, err := r.before.typed()
		if err != nil {
			return r.unreadable(err)
		}
		c.put(r)
		c.Expect(pv)
		c.underWay.Add(r.name)
	}
	return nil
}

// Run converts until the context ends.
func (c *Conversions) Run(ctx context.Context) {
	var working sync.WaitGroup
	working.Go(func() {
		work.Run(ctx, c.wanted, atATime, "The PersistentVolume cannot be converted yet", c.about, c.begin)
	})
	working.Go(func() {
		work.Run(ctx, c.underWay, atATime, "The conversion cannot be finished yet", c.about, c.goOn)
	})
	working.Wait()
}

// about has the log tell of the PersistentVolume of that name. While it is replaced there may
// be none, but there is a record.
func (c *Conversions) about(ctx context.Context, name string) context.Context {
	pv, err := c.Volumes.Get(name)
	if r, underWay := c.get(name); err != nil && underWay {
		pv, err = r.before.typed()
	}
	if err != nil {
		pv = &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	return volume.LogPersistentVolume(ctx, pv)
}

// UnderWay returns how many PersistentVolumes are being replaced.
func (c *Conversions) UnderWay() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.records)
}

// Replaces says whether the PersistentVolume of that name and UID is being replaced.
func (c *Conversions) Replaces(pv *v1.PersistentVolume) bool {
	r, found := c.get(pv.Name)
	return found && r.replaces(pv)
}

// Makes says whether a PersistentVolume is the one that is made in another's place.
func (c *Conversions) Makes(pv *v1.PersistentVolume) bool {
	r, found := c.get(pv.Name)
	return found && r.isMade(pv)
}

// Unmounted asks the API server for the names in heketi of the volumes whose
// PersistentVolumes are being replaced, by whoever leads: these may not exist for a while.
func (c *Conversions) Unmounted(ctx context.Context) (sets.Set[string], error) {
	records, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	names := sets.New[string]()
	for _, r := range records {
		pv, err := r.before.typed()
		if err != nil {
			return nil, r.unreadable(err)
		}
		names.Insert(volume.NameIn(volume.PathOf(pv)))
	}
	return names, nil
}

func (c *Conversions) get(name string) (*replacement, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, found := c.records[name]
	return r, found
}

// take opens a record, unless as many are open as may be.
func (c *Conversions) take(r *replacement) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, again := c.records[r.name]; !again && len(c.records) >= atATime {
		return false
	}
	c.records[r.name] = r
	return true
}

func (c *Conversions) put(r *replacement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records[r.name] = r
}

func (c *Conversions) drop(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.records, name)
}
