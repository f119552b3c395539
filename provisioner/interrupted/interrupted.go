package interrupted

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

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

// leftPace is how often heketis are asked what became of operations that were left alone.
// heketi undoes one within seconds.
const leftPace = 10 * time.Second

// The reasons of events.
const (
	reasonCleansUp  = "HeketiCleansUp"
	reasonCleanedUp = "HeketiCleanedUp"
)

// Connector knows the operations that were left alone.
type Connector interface {
	WatchLeft(context.Context) ([]heketi.Unasked, error)
}

// Heketis connects to heketis.
type Heketis interface {
	Connect(ctx context.Context, server volume.Heketi, class string) (*heketi.Client, error)
}

// Dependencies is what Operations work with. All fields are required.
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
	// CleanedUp is told of each heketi that cleans up by itself what the provisioner left
	// alone.
	CleanedUp func(heketi string)
}

// Operations are those that heketis were interrupted in.
type Operations struct{ Dependencies }

// New returns the operations of the heketis that classes and PersistentVolumes name.
func New(dependencies Dependencies) *Operations { return &Operations{dependencies} }

// Watch tells of each heketi that undoes by itself what was left alone, until the
// context ends.
func (o *Operations) Watch(ctx context.Context) {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		unasked, err := o.Connector.WatchLeft(ctx)
		if err != nil {
			klog.FromContext(ctx).Error(err, "Cannot tell what became of operations that heketi was interrupted in")
		}
		for _, found := range unasked {
			o.tellUnasked(ctx, found)
		}
	}, leftPace)
}

func (o *Operations) tellUnasked(ctx context.Context, found heketi.Unasked) {
	klog.FromContext(ctx).Info("A heketi cleans up by itself what was left alone", "heketi", found.Heketi, "operation", found.Operation, "done", found.Done, "unlistedBricks", found.Unlisted, "reason", found.Why)
	o.CleanedUp(found.Heketi)
	if found.Done {
		o.Events.Eventf(o.About, v1.EventTypeWarning, reasonCleanedUp,
			"heketi %s has cleaned up operation %s by itself, and files may be lost: %v; restart no storage host, set disable_background_cleaner in heketi's configuration, and see docs/mending.md",
			found.Heketi, found.Operation, found.Why)
		return
	}
	did := "is undoing"
	if found.Unlisted > 0 {
		did = fmt.Sprintf("has taken %d bricks out of fstab, which are in use, in undoing", found.Unlisted)
	}
	o.Events.Eventf(o.About, v1.EventTypeWarning, reasonCleansUp,
		"heketi %s %s operation %s, which this provisioner leaves alone; restart no storage host, set disable_background_cleaner in heketi's configuration, and see docs/mending.md: %v",
		found.Heketi, did, found.Operation, found.Why)
}

// CleanUp has heketis clean up what they were interrupted in, whoever asked for it, if
// gluster has nothing of it. The heketis are those that classes and PersistentVolumes
// name. A heketi does the same by itself unless it is told not to, and then without asking
// gluster. The error joins what was left alone, and why.
func (o *Operations) CleanUp(ctx context.Context) error {
	volumes, err := o.PersistentVolumes.List(labels.Everything())
	if err != nil {
		return err
	}
	classes, err := o.Classes.List(labels.Everything())
	if err != nil {
		return err
	}
	ways := reach.Ways(o.Provisioner, classes, volumes)
	var failures []error
	for _, ways := range ways {
		failures = append(failures, o.cleanUp(ctx, ways))
	}
	return errors.Join(failures...)
}

// cleanUp has one heketi clean up, in the first way that works. If none does, it returns
// the first failure.
func (o *Operations) cleanUp(ctx context.Context, ways []reach.Way) error {
	var failure error
	for _, way := range ways {
		client, err := o.Heketis.Connect(ctx, way.Heketi, way.Class)
		if err == nil {
			err = client.CleanUp(ctx)
		}
		if err == nil || errors.Is(err, heketi.ErrHalfDone) || errors.Is(err, heketi.ErrInUse) {
			return err
		}
		failure = cmp.Or(failure, err)
	}
	return failure
}
