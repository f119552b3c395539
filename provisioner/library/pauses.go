package library

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
)

// Pauses is the rate limiter for the library: how long what has failed is left alone. It
// knows its keys, the UIDs of claims and the names of PersistentVolumes, and whether their
// pause is over, so that ShouldProvision can refuse a claim that somebody's update brings
// before. Its failures are remembered all the same: the library forgets those of whatever
// ShouldProvision or ShouldDelete does not let in.
type Pauses struct {
	workqueue.RateLimiter
	waits func(key string) bool

	mu    sync.Mutex
	until map[string]time.Time
}

// NewPauses returns pauses as the limiter has them. The failures of what waits for its turn
// are remembered.
func NewPauses(limiter workqueue.RateLimiter, waits func(key string) bool) *Pauses {
	return &Pauses{RateLimiter: limiter, waits: waits, until: map[string]time.Time{}}
}

// When returns the pause of what has failed, which begins now.
func (p *Pauses) When(item any) time.Duration {
	pause := p.RateLimiter.When(item)
	if key, ok := item.(string); ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.until[key] = time.Now().Add(pause)
	}
	return pause
}

// Forget forgets the failures of what neither pauses nor waits.
func (p *Pauses) Forget(item any) {
	if key, ok := item.(string); ok {
		if p.Pauses(key) || p.waits(key) {
			return
		}
		p.End(key)
	}
	p.RateLimiter.Forget(item)
}

// Pauses says whether the pause of a key is not over yet.
func (p *Pauses) Pauses(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.until[key])
}

// End ends the pause of a key, since something has changed that counts.
func (p *Pauses) End(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.until, key)
}
