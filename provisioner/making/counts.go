package making

import (
	"time"

	"glusterfs-provisioner/provisioner/volume"
)

// Len returns how many volumes are in the making.
func (v *Volumes) Len() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.records)
}

// OldestSince returns since when the volume is in the making that is for longest; zero if
// none is.
func (v *Volumes) OldestSince() (oldest time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.records {
		if oldest.IsZero() || r.since.Before(oldest) {
			oldest = r.since
		}
	}
	return oldest
}

// Unsaved returns how many PersistentVolumes the library has yet to save.
func (v *Volumes) Unsaved() int {
	return v.count(func(r *record) bool { return r.state == HandedOver })
}

// Ending returns how many records only wait for their entry to be removed.
func (v *Volumes) Ending() int {
	return v.count(func(r *record) bool { return r.state == Saved && r.late() == nil })
}

// SharesHosts says whether a volume is in the making that is mounted through what lists
// the storage hosts for all volumes of a cluster.
func (v *Volumes) SharesHosts() bool {
	return v.count(func(r *record) bool { return r.entry.SharesEndpoints || r.entry.Source == volume.CSI }) > 0
}

func (v *Volumes) count(is func(*record) bool) (counted int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.records {
		if is(r) {
			counted++
		}
	}
	return counted
}
