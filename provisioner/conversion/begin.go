package conversion

import (
	"context"
	"errors"
	"maps"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/volume"
)

// The reasons of events.
const (
	reasonConverted    = "VolumeConverted"
	reasonNotConverted = "VolumeNotConverted"
	reasonObstructed   = "ConversionObstructed"
)

// later says that it makes sense to try again soon, and that nothing is wrong.
type later struct {
	error
	after time.Duration
}

// After is the time until then.
func (l later) After() time.Duration { return l.after }

// Unwrap returns why.
func (l later) Unwrap() error { return l.error }

// begin looks at a PersistentVolume that may have to be converted, and does all that comes
// before the old one is deleted.
func (c *Conversions) begin(ctx context.Context, name string) error {
	if _, underWay := c.get(name); underWay {
		return nil
	}
	seen, err := c.api.get(ctx, name)
	if err != nil || seen == nil || !isMarked(seen.PersistentVolume) || !c.Concerns(seen.PersistentVolume) {
		return err
	}
	unlock, err := c.Lock(seen.UID)
	if err != nil {
		return later{err, time.Second}
	}
	defer unlock()
	err = c.prepare(ctx, seen)
	var soon later
	switch {
	case err == nil:
		c.underWay.Add(name)
		return nil
	case errors.As(err, &soon):
		return err
	case errors.Is(err, ErrConverted):
		klog.FromContext(ctx).Info("PersistentVolume converted already")
	case !errors.Is(err, errNotWanted):
		c.tell(seen.PersistentVolume, v1.EventTypeWarning, reasonNotConverted, "cannot be converted to %s: %v", seen.Annotations[volume.AnnotationConvertTo], err)
	}
	if undone := c.giveUp(ctx, name); undone != nil || errors.Is(err, ErrConverted) || errors.Is(err, errNotWanted) {
		return undone
	}
	return err
}

// errNotWanted says that nobody wants a PersistentVolume to be converted any more.
var errNotWanted = errors.New("its annotation is gone")

// prepare saves the record of a PersistentVolume that is to be converted. Any other error
// than one that says when to try again means that it cannot be converted now.
func (c *Conversions) prepare(ctx context.Context, seen *saved) error {
	if seen.Annotations[volume.AnnotationConvertTo] == "" {
		return errNotWanted
	}
	plan, err := c.examine(ctx, seen)
	if err != nil {
		return err
	}
	r := &replacement{name: seen.Name, before: seen.text}
	if !c.take(r) {
		return later{errors.New("others are being converted"), time.Second}
	}
	err = c.save(ctx, seen, plan)
	if err == nil {
		return nil
	}
	c.drop(r.name)
	next, unreadable := seen.text.successor(plan)
	if unreadable != nil {
		return errors.Join(err, unreadable)
	}
	return errors.Join(err, c.unlistNext(ctx, next, seen))
}

// unlistNext removes what lists the storage hosts for a PersistentVolume that is not made
// now.
func (c *Conversions) unlistNext(ctx context.Context, next text, seen *saved) error {
	pv, err := next.typed()
	if err != nil {
		return err
	}
	return c.Unlist(ctx, pv, seen.PersistentVolume)
}

// save does the first steps, up to the record.
func (c *Conversions) save(ctx context.Context, seen *saved, plan Plan) error {
	if err := c.ListHosts(ctx, seen.PersistentVolume, plan.Made); err != nil {
		return err
	}
	seen, err := c.retain(ctx, seen)
	if err != nil {
		return err
	}
	r := &replacement{name: seen.Name, before: maps.Clone(seen.text), policy: policyOf(seen.PersistentVolume)}
	metadata := maps.Clone(seen.text.object("metadata"))
	delete(metadata, "managedFields")
	r.before["metadata"] = metadata
	if r.after, err = seen.text.successor(plan); err != nil {
		return err
	}
	// One may have been saved by a write that seemed to fail.
	earlier, err := c.lookUp(ctx, r.name)
	if err != nil {
		return err
	}
	if earlier != nil {
		r.configMap = earlier.configMap
	}
	return c.write(ctx, r)
}
