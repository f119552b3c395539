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
// heketi takes so long, but that by which a person has it move all bricks of a disk.
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
	// jobs are what heketi does in the background.
	jobs map[string]job
}

// job is what heketi does in the background.
type job struct {
	since time.Time
	// movesBricks says that heketi writes meanwhile what gluster does next. Were that lost, gluster would have a brick that
	// heketi does not know.
	movesBricks bool
}

// change notes that a request that may change the database begins, or ends.
func (u *unsaved) change() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.changes++
}

// answer notes the answer to such a request, and the job that it tells of.
func (u *unsaved) answer(response *http.Response, movesBricks bool) {
	u.change()
	id, is := strings.CutPrefix(response.Header.Get("Location"), queue)
	if response.StatusCode != http.StatusAccepted || !is {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.jobs[id] = job{time.Now(), movesBricks}
}

// movesBricks says whether a job does that has not ended.
func (u *unsaved) movesBricks(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.jobs[id].movesBricks
}

// unanswered notes that such a request has no answer. heketi may still carry it out, as it does a job.
func (u *unsaved) unanswered() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.jobs[rand.Text()] = job{since: time.Now()}
}

// end notes that a job has ended.
func (u *unsaved) end(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.jobs, id)
	u.changes++
}

// seen returns up to where a save that begins now comes after all changes, and whether there may be any that
// none came after.
func (u *unsaved) seen() (changes int, is bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, job := range u.jobs {
		if time.Since(job.since) > jobBound {
			delete(u.jobs, id)
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
