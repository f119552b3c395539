package heketi

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// places bounds how many operations are under way in one heketi. Whoever waits for
// a place gets it in turn.
//
// A heketi that others use too refuses operations below that bound. So the bound
// follows what it takes, as TCP's does (additive increase, multiplicative
// decrease; RFC 5681): it is halved when heketi is too busy, and grows by one
// whenever heketi has accepted as many operations as it allows. No semaphore of a
// library can change its size.
type places struct {
	mu sync.Mutex
	// most is what the bound never exceeds.
	most int
	// bound is how many places there are at present: 1 to most.
	bound int
	// accepted is how many operations heketi has accepted since the bound changed.
	accepted int
	// halved is when the bound was halved last.
	halved time.Time
	taken  int
	// waiting are channels, each closed when its owner has got a place.
	waiting list.List
}

func newPlaces(most int) *places {
	return &places{most: most, bound: most}
}

// take takes a place, and returns what gives it back. It waits until one is free
// or the context ends.
func (p *places) take(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	turn := make(chan struct{})
	p.mu.Lock()
	mine := p.waiting.PushBack(turn)
	p.seat()
	p.mu.Unlock()
	select {
	case <-turn:
		return p.leave, nil
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		select {
		case <-turn:
			p.taken--
			p.seat()
		default:
			p.waiting.Remove(mine)
		}
		return nil, ctx.Err()
	}
}

func (p *places) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.seat()
}

// underWay returns how many places are taken.
func (p *places) underWay() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// counts returns how many places are taken, how many wait for one, and how many there are
// at present.
func (p *places) counts() (taken, waiting, bound int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken, p.waiting.Len(), p.bound
}

// seat gives free places to those who wait longest.
func (p *places) seat() {
	for p.taken < p.bound && p.waiting.Len() > 0 {
		close(p.waiting.Remove(p.waiting.Front()).(chan struct{}))
		p.taken++
	}
}

// wasAccepted notes that heketi accepted an operation.
func (p *places) wasAccepted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.accepted++; p.accepted >= p.bound && p.bound < p.most {
		p.bound++
		p.accepted = 0
		p.seat()
	}
}

// wasRefused notes that heketi was too busy for an operation that was sent at the given
// time. It leaves the bound alone if that was halved since, because the refusal was of the
// bound before. Those who have a place keep it.
func (p *places) wasRefused(sent time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted = 0
	if sent.After(p.halved) {
		p.bound = max(1, p.bound/2)
		p.halved = time.Now()
	}
}
