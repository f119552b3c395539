package provisioner

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// latecomers knows for which claims a request to make a volume may yet reach
// heketi, although it was given up: it may wait in the buffers of a server that
// hangs. Until then, that heketi has no such volume does not mean that there will
// be none, and its GID must not be given to another. Nor may a volume be deleted, such
// as one that an earlier request has made: a later one would make it anew.
type latecomers struct {
	// lateness bounds how long after it was given up a request may arrive.
	lateness time.Duration

	mu    sync.Mutex
	until map[types.UID]time.Time
}

func newLatecomers(lateness time.Duration) *latecomers {
	return &latecomers{lateness: lateness, until: map[types.UID]time.Time{}}
}

// expect notes that a request for the claim was given up just now.
func (l *latecomers) expect(claim types.UID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until[claim] = time.Now().Add(l.lateness)
}

// check returns a *mayArriveError as long as a request for the claim may arrive.
func (l *latecomers) check(claim types.UID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if left := time.Until(l.until[claim]); left > 0 {
		return &mayArriveError{left}
	}
	return nil
}

// forget ends what is known of a claim.
func (l *latecomers) forget(claim types.UID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.until, claim)
}

// mayArriveError says for how much longer a request may reach heketi.
type mayArriveError struct{ left time.Duration }

func (e *mayArriveError) Error() string {
	return fmt.Sprintf("a request to make it, which heketi did not answer, may still reach heketi for another %v", e.left.Round(time.Second))
}
