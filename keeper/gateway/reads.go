package gateway

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// jobBound is how long a job counts as one that goes on if nobody has asked for its end. No operation of
// heketi takes so long.
const jobBound = time.Hour

// answerRead passes on what changes nothing. What heketi tells may be of a change that is not saved yet, and
// clients act on it as on the answer to that change: the provisioner makes the PersistentVolume of a volume
// that it finds. So it is answered when that is saved, too.
func (g *Gateway) answerRead(w http.ResponseWriter, r *http.Request, user string) {
	g.forward(w, r, user, g.heketi.Transport(), func(*http.Response) error {
		if err := g.saveUnsaved(r.Context()); err != nil {
			return fmt.Errorf("heketi's database is not saved as it is, so what heketi tells does not count yet; try again: %w", err)
		}
		return nil
	})
}

// saveUnsaved saves what may have changed since the last save.
func (g *Gateway) saveUnsaved(ctx context.Context) error {
	if _, is := g.unsaved.seen(); !is {
		return nil
	}
	return g.save(ctx)
}

// save saves, and notes what is saved then.
func (g *Gateway) save(ctx context.Context) error {
	seen, _ := g.unsaved.seen()
	if err := g.saver.Save(ctx); err != nil {
		return err
	}
	g.unsaved.saved(seen)
	return nil
}

// unsaved knows whether heketi may have changed its database since it was saved.
type unsaved struct {
	mu sync.Mutex
	// changes counts the moments at which requests that may change it began and were answered, and savedAt is
	// the last of them that a save came after.
	changes, savedAt int
	// jobs are what heketi does in the background, and since when.
	jobs map[string]time.Time
}

// change notes that a request that may change the database begins, or ends.
func (u *unsaved) change() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.changes++
}

// answer notes the answer to such a request, and the job that it tells of.
func (u *unsaved) answer(response *http.Response) {
	u.change()
	job, is := strings.CutPrefix(response.Header.Get("Location"), queue)
	if response.StatusCode != http.StatusAccepted || !is {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.jobs[job] = time.Now()
}

// unanswered notes that such a request has no answer. heketi may still carry it out, as it does a job.
func (u *unsaved) unanswered() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.jobs[rand.Text()] = time.Now()
}

// end notes that a job has ended.
func (u *unsaved) end(job string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.jobs, job)
	u.changes++
}

// seen returns up to where a save that begins now comes after all changes, and whether there may be any that
// none came after.
func (u *unsaved) seen() (changes int, is bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for job, since := range u.jobs {
		if time.Since(since) > jobBound {
			delete(u.jobs, job)
			u.changes++
		}
	}
	return u.changes, u.changes > u.savedAt || len(u.jobs) > 0
}

// saved notes a save that began after seen.
func (u *unsaved) saved(seen int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.savedAt = max(u.savedAt, seen)
}
