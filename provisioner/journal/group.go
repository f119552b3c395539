package journal

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// pace is the least time from one write to the next. A write that comes alone does
	// not wait.
	pace = 100 * time.Millisecond
	// patience is how long the removal of an entry waits for others that it may go with.
	// Nobody waits for it: the entry says what the PersistentVolume says, too.
	patience = 500 * time.Millisecond
	// bound is how long one write may take, with all that has to be tried again.
	bound = 30 * time.Second
)

// group is what is written together.
type group struct {
	changes changes
	// hurry is closed when something is in it that does not wait.
	hurry   chan struct{}
	hurried bool
	// done is closed when it is written, or has failed.
	done chan struct{}
	// err is why nothing of it is surely written, and refused why some is not.
	err     error
	refused map[types.UID]error
}

// submit has the text written as the claim's entry, and waits for that.
func (j *Journal) submit(ctx context.Context, claim types.UID, text string, hurry bool) error {
	g := j.join(claim, text, hurry)
	select {
	case <-g.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if g.err != nil {
		return g.err
	}
	return g.refused[claim]
}

// join puts a change into the group that is written next. Of several for one claim the
// last one counts.
func (j *Journal) join(claim types.UID, text string, hurry bool) *group {
	j.mu.Lock()
	defer j.mu.Unlock()
	g := j.next
	if g == nil {
		g = &group{changes: changes{}, hurry: make(chan struct{}), done: make(chan struct{})}
		j.next = g
		go j.commit(g)
	}
	g.changes[claim] = text
	if hurry && !g.hurried {
		g.hurried = true
		close(g.hurry)
	}
	return g
}

// commit writes a group when it is due. It belongs to all who have joined it, so it goes
// on when one of them does not wait any more.
func (j *Journal) commit(g *group) {
	defer close(g.done)
	select {
	case <-g.hurry:
	case <-time.After(patience):
	}
	j.writing <- struct{}{}
	defer func() { <-j.writing }()
	time.Sleep(time.Until(j.lastWrite.Add(pace)))
	j.lastWrite = time.Now()

	j.mu.Lock()
	j.next = nil // Who comes from now on goes with the next one.
	j.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	g.refused, g.err = j.write(ctx, g.changes)
}
