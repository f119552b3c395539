package library

import (
	"math/rand/v2"
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
	again func(key string)

	mu     sync.Mutex
	pauses map[string]*pause
	// longest bounds the next pause of a key.
	longest map[string]time.Duration
}

// pause is how long a key is left alone.
type pause struct {
	until time.Time
	// again is not nil if the key was refused: then it is told of when the pause is over.
	// The library may have dropped it: of several times at which it is to try a key it
	// keeps the first one only, which may be within the pause.
	again *time.Timer
}

// NewPauses returns pauses as the limiter has them. The failures of what waits for its turn
// are remembered. A key that was refused in its pause is told of again when that is over.
func NewPauses(limiter workqueue.RateLimiter, waits func(key string) bool, again func(key string)) *Pauses {
	return &Pauses{RateLimiter: limiter, waits: waits, again: again, pauses: map[string]*pause{}, longest: map[string]time.Duration{}}
}

// When returns the pause of what has failed, which begins now.
func (p *Pauses) When(item any) time.Duration {
	length := p.RateLimiter.When(item)
	if key, ok := item.(string); ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.end(key)
		if longest, is := p.longest[key]; is {
			delete(p.longest, key)
			length = min(length, scattered(longest))
		}
		p.pauses[key] = &pause{until: time.Now().Add(length)}
	}
	return length
}

// Shorten has the next pause of a key be no longer than that, since what it has failed by may be over at any time.
func (p *Pauses) Shorten(key string, longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.longest[key] = longest
}

// scattered is a pause that is shorter by up to a fifth, so that what failed together is not tried again together for ever.
func scattered(pause time.Duration) time.Duration {
	return pause - rand.N(pause/5+1)
}

// Forget forgets the failures of what neither pauses nor waits.
func (p *Pauses) Forget(item any) {
	if key, ok := item.(string); ok {
		if p.left(key) > 0 || p.waits(key) {
			return
		}
		p.End(key)
	}
	p.RateLimiter.Forget(item)
}

// Refuses says whether the pause of a key is not over yet.
func (p *Pauses) Refuses(key string) bool {
	left := p.left(key)
	if left == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.pauses[key]; found != nil && found.again == nil {
		found.again = time.AfterFunc(left, func() { p.again(key) })
	}
	return true
}

// left returns how long the pause of a key lasts yet.
func (p *Pauses) left(key string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.pauses[key]; found != nil {
		return max(0, time.Until(found.until))
	}
	return 0
}

// End ends the pause of a key, since something has changed that counts.
func (p *Pauses) End(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(key)
}

func (p *Pauses) end(key string) {
	if found := p.pauses[key]; found != nil && found.again != nil {
		found.again.Stop()
	}
	delete(p.pauses, key)
}
