package heketi

import (
	"sync"
	"time"
)

const (
	shortestPoll = 10 * time.Millisecond
	longestPoll  = 2 * time.Second
)

// pace remembers how long one heketi took lately for each kind of operation. A few polls
// cost heketi about as much as making the volume, at least where its disks are quick and
// its volumes many.
type pace struct {
	mu   sync.Mutex
	took map[string]time.Duration
}

func newPace() *pace { return &pace{took: map[string]time.Duration{}} }

// note remembers how long an operation took until its end was seen.
func (p *pace) note(kind string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took[kind] = took
}

// lately returns how long the last operation of that kind took; 0 if there was none.
func (p *pace) lately(kind string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.took[kind]
}

// pollPause is how long to wait before the next poll of an operation that has lasted so
// long. It is short in proportion to what was waited already. The first poll comes after
// half of what the last such operation took, so that it is soon seen if heketi has become
// faster.
func pollPause(age, lately time.Duration) time.Duration {
	pause := max(age/16, lately/2-age, shortestPoll)
	return min(pause, longestPoll)
}
