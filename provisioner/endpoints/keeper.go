package endpoints

import (
	"context"
	"slices"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/work"
)

const (
	// keepers is how many listings are worked on at the same time.
	keepers = 4
	// listingDelay is the time from when a PersistentVolume is seen until its listing
	// is looked at. The listing was made just before it, and may not be seen yet.
	listingDelay = 3 * time.Second
	// obstructedFor is how long a listing is not tried again if somebody else's object
	// has its name.
	obstructedFor = 5 * time.Minute
)

// Config is what a Keeper works with. All fields are required.
type Config struct {
	// Provisioner is the name of the provisioner whose PersistentVolumes have their
	// listings kept right.
	Provisioner string
	// Namespace is where shared listings are.
	Namespace string
	// Client watches Services, Endpoints and ConfigMaps.
	Client kubernetes.Interface
	// Volumes caches all PersistentVolumes. It must not have been started.
	Volumes cache.SharedIndexInformer
	// Store writes listings.
	Store *Store
	// Resolver looks up storage hosts that are not IPs.
	Resolver Resolver
	// Hosts asks a heketi for the storage hosts of the cluster that has the given
	// volumes. It is enough to ask for one of them.
	Hosts func(context.Context, []*v1.PersistentVolume) ([]string, error)
	// Lock keeps a volume from being deleted until unlock is called. The error says
	// that it cannot be had now.
	Lock func(types.UID) (unlock func(), err error)
	// SharesHosts says whether a volume is being made, and not yet saved, that will
	// be mounted through a shared listing.
	SharesHosts func() bool
	// Events tells what was done, on PersistentVolumes, and on About what concerns
	// many of them.
	Events record.EventRecorder
	About  *v1.ObjectReference
	// Sync is how often the storage hosts of each cluster are asked for. With 0 they
	// are asked for only when they are needed and not known.
	Sync time.Duration
	// Repaired is told of each listing that was repaired, and Unread how many clusters'
	// storage hosts could not be learned when last asked for.
	Repaired func(Reason)
	Unread   func(clusters int)
}

// Keeper keeps the listings of PersistentVolumes right. It compares caches, and writes
// only what differs.
type Keeper struct {
	Config
	queue     workqueue.RateLimitingInterface
	sightings *sightings
	hosts     *hosts
	caughtUp  []cache.InformerSynced

	// sharing is held while a shared listing is made or removed.
	sharing sync.Mutex
	written *written
	aside   *aside
}

// NewKeeper returns a keeper, which does nothing before Run.
func NewKeeper(config Config) (*Keeper, error) {
	k := &Keeper{
		Config: config,
		queue: workqueue.NewNamedRateLimitingQueue(
			workqueue.NewItemExponentialFailureRateLimiter(time.Second, time.Minute), "endpoints"),
		hosts:   newHosts(),
		written: newWritten(),
		aside:   newAside(),
	}
	if err := k.Volumes.AddIndexers(cache.Indexers{byListing: k.indexByListing}); err != nil {
		return nil, err
	}
	registration, err := k.Volumes.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    k.sawVolume,
		UpdateFunc: func(_, now any) { k.sawVolume(now) },
		DeleteFunc: k.lostVolume,
	})
	if err != nil {
		return nil, err
	}
	k.sightings, err = newSightings(config.Client, config.Namespace, k.sawObject, k.lostObject)
	if err != nil {
		return nil, err
	}
	k.caughtUp = slices.Concat(k.sightings.caughtUp, []cache.InformerSynced{registration.HasSynced})
	return k, nil
}

// sawObject has a listing looked at, even if it was set aside: what stood in its way may
// be gone.
func (k *Keeper) sawObject(key listing) {
	k.aside.drop(key)
	k.queue.Add(key)
}

func (k *Keeper) lostObject(key listing) { k.queue.Add(key) }

func (k *Keeper) sawVolume(object any) {
	if pv, ok := object.(*v1.PersistentVolume); ok {
		if key, ok := k.listingOf(pv); ok {
			k.queue.AddAfter(key, listingDelay)
		}
	}
}

// lostVolume has a listing looked at: perhaps no volume is mounted through it any more.
func (k *Keeper) lostVolume(object any) {
	if pv, ok := caches.LastKnown[*v1.PersistentVolume](object); ok {
		if key, ok := k.listingOf(pv); ok {
			k.aside.drop(key)
			k.queue.Add(key)
		}
	}
}

// Start begins to watch Services, Endpoints and ConfigMaps, until the context ends, and
// waits until all that exist have been seen. If the API server keeps refusing to list
// them, the error says what is missing.
func (k *Keeper) Start(ctx context.Context) error {
	k.sightings.start(ctx)
	return k.sightings.refusals.WaitForSync(ctx, caches.Patience, k.caughtUp...)
}

// about has the log tell of a listing.
func about(ctx context.Context, key listing) context.Context {
	return klog.NewContext(ctx, klog.FromContext(ctx).WithValues("listing", key.index()))
}

// Run keeps all listings right until the context ends. Call Start before.
func (k *Keeper) Run(ctx context.Context) {
	var working sync.WaitGroup
	working.Go(func() {
		work.Run(ctx, k.queue, keepers, "The listing of storage hosts cannot be kept right yet", about, k.check)
	})
	if k.Sync > 0 {
		working.Go(func() { k.followPeriodically(ctx) })
	}
	working.Wait()
}
