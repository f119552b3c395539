package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/reach"
)

// leftPace is how often is looked what became of operations that were left alone. An
// undoing takes seconds.
const leftPace = 10 * time.Second

// watchLeft tells of each heketi that undoes by itself what was left alone, until the
// context ends.
func (p *Provisioner) watchLeft(ctx context.Context) {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		unasked, err := p.Heketi.WatchLeft(ctx)
		if err != nil {
			klog.FromContext(ctx).Error(err, "Cannot tell what became of operations that heketi was interrupted in")
		}
		for _, found := range unasked {
			p.tellUnasked(ctx, found)
		}
	}, leftPace)
}

func (p *Provisioner) tellUnasked(ctx context.Context, found heketi.Unasked) {
	klog.FromContext(ctx).Info("A heketi cleans up by itself what was left alone", "heketi", found.Heketi, "operation", found.Operation, "done", found.Done, "unlistedBricks", found.Unlisted, "reason", found.Why)
	p.HeketiCleanedUp(found.Heketi)
	if found.Done {
		p.Events.Eventf(p.Journal.Namespace(), v1.EventTypeWarning, "HeketiCleanedUp",
			"heketi %s has cleaned up operation %s by itself, and files may be lost: %v; restart no storage host, set disable_background_cleaner in heketi's configuration, and see docs/mending.md",
			found.Heketi, found.Operation, found.Why)
		return
	}
	did := "is undoing"
	if found.Unlisted > 0 {
		did = fmt.Sprintf("has taken %d bricks out of fstab, which are in use, in undoing", found.Unlisted)
	}
	p.Events.Eventf(p.Journal.Namespace(), v1.EventTypeWarning, "HeketiCleansUp",
		"heketi %s %s operation %s, which this provisioner leaves alone; restart no storage host, set disable_background_cleaner in heketi's configuration, and see docs/mending.md: %v",
		found.Heketi, did, found.Operation, found.Why)
}

// CleanUp has the heketis that classes and PersistentVolumes name clean up what they
// were interrupted in, whoever asked them for it, as far as gluster has nothing of it.
// That is what a heketi does by itself, without asking gluster, unless it is told not
// to. The error joins what was left alone and why.
func (p *Provisioner) CleanUp(ctx context.Context) error {
	volumes, err := p.Informers.Core().V1().PersistentVolumes().Lister().List(labels.Everything())
	if err != nil {
		return err
	}
	ways, err := p.waysToHeketis(ctx, volumes)
	if err != nil {
		return err
	}
	var failures []error
	for _, ways := range ways {
		failures = append(failures, p.cleanUp(ctx, ways))
	}
	return errors.Join(failures...)
}

// cleanUp has one heketi clean up, in the first way that works.
func (p *Provisioner) cleanUp(ctx context.Context, ways []reach.Way) error {
	var failure error
	for _, way := range ways {
		client, err := p.heketis.Connect(ctx, way.Server, way.Class)
		if err == nil {
			err = client.CleanUp(ctx)
		}
		if err == nil || errors.Is(err, heketi.ErrHalfDone) || errors.Is(err, heketi.ErrInUse) {
			return err
		}
		failure = err
	}
	return failure
}
