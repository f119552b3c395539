package gluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Dump is what is needed of heketi's database to find a volume in it. It has no nodes and
// no devices, and of bricks only their ids. These are most of a large database.
type Dump struct {
	// Clusters are the ids of all clusters.
	Clusters map[string]struct{}
	// Volumes are all volumes by id. Those that heketi is making or deleting are among
	// them.
	Volumes map[string]VolumeEntry
	// Operations are all that heketi has begun and not ended, by id.
	Operations map[string]PendingEntry
}

// ReadDump reads heketi's answer to GET /db/dump (apps/glusterfs/app_db.go of heketi 10.3)
// up to its end. It returns an error if the text is another's or cut off, and the reader's
// error if it has one. It keeps one entry of the text at a time.
func ReadDump(text io.Reader) (*Dump, error) {
	dump, decoder := &Dump{}, json.NewDecoder(text)
	err := eachField(decoder, func(key string) (err error) {
		switch key {
		case "clusterentries":
			dump.Clusters, err = readEntries[struct{}](decoder)
		case "volumeentries":
			dump.Volumes, err = readEntries[VolumeEntry](decoder)
		case "pendingoperations":
			dump.Operations, err = readEntries[PendingEntry](decoder)
		default:
			err = skip(decoder)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = decoder.Token()
	switch {
	case err == nil:
		return nil, errors.New("something follows it")
	case !errors.Is(err, io.EOF):
		return nil, err
	case dump.Volumes == nil:
		return nil, errors.New("no volumes in it")
	case dump.Clusters == nil:
		return nil, errors.New("no clusters in it")
	}
	return dump, nil
}

// readEntries reads an object into a map, one entry at a time. Null makes a nil map.
func readEntries[Entry any](decoder *json.Decoder) (map[string]Entry, error) {
	token, err := decoder.Token()
	if err != nil || token == nil {
		return nil, err
	}
	entries := map[string]Entry{}
	err = rest(decoder, token, '{', func() error {
		return readField(decoder, func(id string) error {
			var entry Entry
			if err := decoder.Decode(&entry); err != nil {
				return fmt.Errorf("entry %q: %w", id, err)
			}
			entries[id] = entry
			return nil
		})
	})
	return entries, err
}

// HasOneOf says whether the database has one of these clusters.
func (d *Dump) HasOneOf(clusters []string) bool {
	return slices.ContainsFunc(clusters, func(id string) bool {
		_, ok := d.Clusters[id]
		return ok
	})
}

// PendingWith returns the operation that a volume is pending for. If there is none and its
// bricks count, it returns one that heketi was interrupted in with them. The ID is empty
// if there is none either.
func (d *Dump) PendingWith(volume string, andBricks bool) PendingEntry {
	entry := d.Volumes[volume]
	if id := entry.Pending.ID; id != "" {
		operation := d.Operations[id]
		operation.ID = id
		return operation
	}
	if !andBricks {
		return PendingEntry{}
	}
	for _, id := range slices.Sorted(maps.Keys(d.Operations)) {
		if operation := d.Operations[id]; operation.Interrupted() && operation.Touches(volume, entry.Bricks) {
			operation.ID = id
			return operation
		}
	}
	return PendingEntry{}
}
