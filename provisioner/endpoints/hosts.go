package endpoints

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// failureAge is how long after a failure to learn a cluster's storage hosts no listing has
// them asked for again. A cluster may have thousands of listings.
const failureAge = 10 * time.Second

// askBound is how long it may take to learn a cluster's storage hosts.
const askBound = 2 * time.Minute

// Cluster is one cluster of one heketi.
type Cluster struct {
	// URL is the heketi's base URL, ID the cluster's id there.
	URL, ID string
}

// hosts remembers the addresses of each cluster's storage hosts. What was once
// learned is kept until something newer is.
type hosts struct {
	asking singleflight.Group

	mu    sync.Mutex
	known map[Cluster]knowledge
}

type knowledge struct {
	// addresses are never empty; nil if they were never learned. Before are the
	// ones before those.
	addresses, before []string
	// asked is when they were asked for.
	asked time.Time
	// failure is why they could not be learned when they were last asked for;
	// nil if they could. Failed is when.
	failure error
	failed  time.Time
}

func newHosts() *hosts { return &hosts{known: map[Cluster]knowledge{}} }

func (h *hosts) recall(of Cluster) knowledge {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known[of]
}

// learn notes the addresses that a cluster had at that time, unless something newer is
// known. It returns those that were known before, and whether the addresses have changed.
func (h *hosts) learn(of Cluster, addresses []string, asked time.Time) (before []string, changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.known[of]
	if asked.Before(known.asked) {
		return nil, false
	}
	before, known.asked, known.failure = known.addresses, asked, nil
	if changed = !slices.Equal(before, addresses); changed {
		known.addresses, known.before = addresses, before
	}
	h.known[of] = known
	return before, changed
}

// fail notes that a cluster's addresses could not be learned.
func (h *hosts) fail(of Cluster, failure error, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.known[of]
	known.failure, known.failed = failure, now
	h.known[of] = known
}

// failures returns for how many clusters the last question had no answer.
func (h *hosts) failures() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	count := 0
	for _, known := range h.known {
		if known.failure != nil {
			count++
		}
	}
	return count
}

// forgetUnused forgets the clusters that are not in use.
func (h *hosts) forgetUnused(inUse func(Cluster) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for of := range h.known {
		if !inUse(of) {
			delete(h.known, of)
		}
	}
}

// once calls ask for a cluster. Whoever calls while it is being asked waits for
// that answer.
func (h *hosts) once(ctx context.Context, of Cluster, ask func(context.Context) error) error {
	answer := h.asking.DoChan(of.URL+" "+of.ID, func() (any, error) {
		// Others wait for this answer, too, so the context of whoever called first
		// does not end it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askBound)
		defer cancel()
		return nil, ask(ctx)
	})
	select {
	case result := <-answer:
		return result.Err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
