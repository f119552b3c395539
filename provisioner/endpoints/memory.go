package endpoints

import (
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// lag is how long it may take until what was written is seen.
const lag = 2 * time.Second

// written remembers what was written a moment ago.
type written struct {
	mu  sync.Mutex
	all map[listing]writing
}

// writing is what was written and when. No addresses mean that it was removed.
type writing struct {
	addresses []string
	at        time.Time
}

func newWritten() *written { return &written{all: map[listing]writing{}} }

func (w *written) put(key listing, addresses []string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for other, writing := range w.all {
		if now.Sub(writing.at) > lag {
			delete(w.all, other)
		}
	}
	w.all[key] = writing{addresses, now}
}

// lately returns the addresses that were written a moment ago; false if nothing was.
func (w *written) lately(key listing, now time.Time) ([]string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	found, ok := w.all[key]
	return found.addresses, ok && now.Sub(found.at) <= lag
}

// aside remembers the listings that cannot be made, so that nobody tries in vain.
type aside struct {
	mu  sync.Mutex
	all map[listing]obstacle
}

// obstacle says how long not to try: until a time, or without an end if that is zero. It
// counts as long as the PersistentVolume stays as it is.
type obstacle struct {
	volume  types.UID
	version string
	until   time.Time
}

func newAside() *aside { return &aside{all: map[listing]obstacle{}} }

func (a *aside) put(key listing, pv *v1.PersistentVolume, until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all[key] = obstacle{pv.UID, pv.ResourceVersion, until}
}

func (a *aside) has(key listing, pv *v1.PersistentVolume, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, ok := a.all[key]
	if ok && found.volume == pv.UID && found.version == pv.ResourceVersion && (found.until.IsZero() || now.Before(found.until)) {
		return true
	}
	delete(a.all, key)
	return false
}

func (a *aside) drop(key listing) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.all, key)
}
