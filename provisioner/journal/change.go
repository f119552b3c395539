package journal

import (
	"context"
	"fmt"
	"maps"
	"reflect"

	"k8s.io/client-go/util/retry"
)

// Change changes entries as an administrator does, beside the process that writes them, which
// notices it (see Find). It calls change for all entries, perhaps several times, and writes
// those that differ then.
func (j *Journal) Change(ctx context.Context, change func(Entry) Entry) error {
	// Like write, whose tries name the version that they are based on, too.
	err := retry.OnError(retry.DefaultBackoff, hasChanged, func() error {
		seen, err := j.read(ctx)
		if err != nil {
			return err
		}
		entries, err := seen.list()
		if err != nil {
			return err
		}
		texts, due := maps.Clone(seen.entries()), false
		for _, entry := range entries {
			changed := change(entry)
			if reflect.DeepEqual(entry, changed) {
				continue
			}
			due = true
			if texts[string(entry.ClaimUID)], err = changed.text(); err != nil {
				return err
			}
		}
		if due {
			_, err = j.replace(ctx, seen.configMap, texts)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot change the journal, ConfigMap %s: %w", j.name(), err)
	}
	return nil
}
