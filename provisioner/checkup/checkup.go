package checkup

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/reach"
	"glusterfs-provisioner/provisioner/volume"
)

const (
	// pace is how often it is looked at how heketis do. One that nobody else has asked
	// since the last time is asked.
	pace = 30 * time.Second
	// askingAtOnce is how many are asked at the same time, so that one that does not answer
	// does not hold up the others.
	askingAtOnce = 8
)

// Connector knows how heketis do that were asked something.
type Connector interface {
	Conditions() []heketi.Condition
}

// Heketis connects to heketis.
type Heketis interface {
	Connect(ctx context.Context, server volume.Heketi, class string) (*heketi.Client, error)
}

// Dependencies is what a Checkup works with. All fields are required.
type Dependencies struct {
	// Provisioner is the name of the provisioner whose classes and PersistentVolumes name
	// the heketis.
	Provisioner string
	// Classes and PersistentVolumes are the caches of both.
	Classes           storagelisters.StorageClassLister
	PersistentVolumes corelisters.PersistentVolumeLister
	Connector         Connector
	Heketis           Heketis
	Events            record.EventRecorder
	// About is what the events refer to.
	About *v1.ObjectReference
}

// Checkup looks after heketis.
type Checkup struct {
	Dependencies
	told told
}

// New returns one that has told nothing yet.
func New(dependencies Dependencies) *Checkup {
	return &Checkup{Dependencies: dependencies, told: told{}}
}

// Run looks after the heketis until the context ends.
func (c *Checkup) Run(ctx context.Context) {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		ways, err := c.ways()
		if err != nil {
			klog.FromContext(ctx).Error(err, "Cannot look after heketis; will try again")
			return
		}
		c.ask(ctx, ways)
		c.warn(ways)
	}, pace)
}

// ways returns how to reach each heketi. What PersistentVolumes say is only read of heketis that
// no class names: there may be very many of them.
func (c *Checkup) ways() (map[string][]reach.Way, error) {
	classes, err := c.Classes.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	volumes, err := c.PersistentVolumes.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	named := reach.Ways(c.Provisioner, classes, nil)
	others := slices.DeleteFunc(volumes, func(pv *v1.PersistentVolume) bool {
		return named[pv.Annotations[volume.AnnotationURL]] != nil
	})
	return reach.Ways(c.Provisioner, classes, others), nil
}

// ask asks each heketi that has not been asked anything for a while.
func (c *Checkup) ask(ctx context.Context, ways map[string][]reach.Way) {
	asked := map[string]time.Time{}
	for _, is := range c.Connector.Conditions() {
		asked[is.Heketi] = is.Asked
	}
	var asking errgroup.Group
	asking.SetLimit(askingAtOnce)
	for _, url := range slices.Sorted(maps.Keys(ways)) {
		if time.Since(asked[url]) < pace {
			continue
		}
		asking.Go(func() error {
			c.greet(ctx, ways[url])
			return nil
		})
	}
	_ = asking.Wait()
}

// greet asks one heketi, in the first way for which there is a key. What comes of it the
// connector knows.
func (c *Checkup) greet(ctx context.Context, ways []reach.Way) {
	for _, way := range ways {
		client, err := c.Heketis.Connect(ctx, way.Heketi, way.Class)
		if err == nil {
			err = client.Greet(ctx)
		}
		if err == nil {
			return
		}
		klog.FromContext(ctx).V(2).Info("A heketi does not greet", "heketi", way.Heketi.URL, "reason", err.Error())
		if client != nil {
			return
		}
	}
}
