package making

import (
	"context"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/journal"
)

// GiveUp returns nil if an administrator has removed the entry of a volume that cannot
// be undone, which ends it; else the failure, with how to do that. If the journal has
// another heketi for it by now, the record has, too.
func (v *Volumes) GiveUp(ctx context.Context, entry journal.Entry, failure error) error {
	now, there, err := v.Journal.Find(ctx, entry.ClaimUID)
	switch {
	case err != nil:
		return fmt.Errorf("%w; %w", failure, err)
	case !there:
		return nil
	case v.follow(now):
		return fmt.Errorf("%w; the journal has heketi %s for it by now, which is asked next", failure, now.Heketi.URL)
	}
	return fmt.Errorf("%w; bring that heketi back, see docs/moving.md if it has moved, or, if it is gone for good, remove the entry: %s", failure, v.Journal.Removal(entry.ClaimUID))
}

// Reread returns a claim's entry as Find does, after the journal was asked whether its heketi
// has moved.
func (v *Volumes) Reread(ctx context.Context, claim types.UID) (journal.Entry, error) {
	entry, there, err := v.Journal.Find(ctx, claim)
	if err == nil && there {
		v.follow(entry)
	}
	found, _ := v.Find(claim)
	return found, err
}

// follow has a record have the heketi of its entry in the journal, and says whether it had
// another one.
func (v *Volumes) follow(written journal.Entry) (moved bool) {
	v.change(written.ClaimUID, func(r *record) {
		moved = !reflect.DeepEqual(r.entry.Heketi, written.Heketi)
		r.entry.Heketi = written.Heketi
	})
	return moved
}
