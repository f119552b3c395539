package work

import (
	"errors"
	"sync"
	"time"
)

// ErrWaits says that a key has to wait for its turn, and will be put into the queue when
// that comes. It is no failure, and changes nothing in when what failed is tried again.
var ErrWaits = errors.New("it waits for its turn")

const (
	// patience is how long a turn is kept for a key that was told to go on. It does so at
	// once, or something else keeps it from heketi.
	patience = 2 * time.Second
	// patienceOfCalled is how long a turn is kept for a key that was called. It may wait in
	// the queue until a worker is free.
	patienceOfCalled = 10 * time.Second
)

// Turns bound how many workers of a queue work for one heketi at a time. Who has to wait
// stands in a line and holds no worker, so that a heketi that is slow, or has very many
// claims, leaves workers for the others. They are safe for concurrent use.
type Turns struct {
	limit int
	call  func(key string) bool

	mu    sync.Mutex
	lines map[string]*line
}

// line is that of one heketi.
type line struct {
	// taken is how many turns are taken now.
	taken int
	// kept are the turns that are kept for keys.
	kept map[string]*kept
	// order are the keys in the order in which they came. Those that do not wait any more
	// are skipped.
	order []string
	waits map[string]bool
}

// kept is a turn that is kept for a key until the timer ends.
type kept struct {
	timer *time.Timer
	// called says that the key has waited and does not know yet that its turn has come.
	called bool
}

func (l *line) hasTurn(limit int) bool { return l.taken+len(l.kept) < limit }

// NewTurns returns turns for so many workers of one heketi at a time. When the turn of a
// key that waits has come, it is called: call has to put it into the queue again, and
// returns false if there is no such key any more.
func NewTurns(limit int, call func(key string) bool) *Turns {
	return &Turns{limit: limit, call: call, lines: map[string]*line{}}
}

// Do does what a key wants of a heketi if it has a turn, and returns ErrWaits if it has to
// wait for it.
func (t *Turns) Do(heketi, key string, do func() error) error {
	if !t.Ask(heketi, key) {
		return ErrWaits
	}
	defer t.Take(heketi, key)()
	return do()
}

// Ask says whether a key may go on with what it wants of a heketi. If so, it has to Take
// its turn soon. If not, it waits in the line and will be called.
func (t *Turns) Ask(heketi, key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lineOf(heketi)
	if l.kept[key] != nil || len(l.waits) == 0 && l.hasTurn(t.limit) {
		t.keep(heketi, l, key, false)
		return true
	}
	if !l.waits[key] {
		l.waits[key] = true
		l.order = append(l.order, key)
	}
	return false
}

// Take takes the turn of a key, and returns what ends it.
func (t *Turns) Take(heketi, key string) (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lineOf(heketi)
	l.drop(key)
	l.taken++
	return func() { t.free(heketi, func(l *line) { l.taken-- }) }
}

// Waits says whether a key waits for its turn at some heketi.
func (t *Turns) Waits(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.lines {
		if l.waits[key] || l.kept[key] != nil && l.kept[key].called {
			return true
		}
	}
	return false
}

// lineOf returns the line of a heketi.
func (t *Turns) lineOf(heketi string) *line {
	l := t.lines[heketi]
	if l == nil {
		l = &line{kept: map[string]*kept{}, waits: map[string]bool{}}
		t.lines[heketi] = l
	}
	return l
}

// keep keeps a turn for a key for a while.
func (t *Turns) keep(heketi string, l *line, key string, called bool) {
	l.drop(key)
	while := patience
	if called {
		while = patienceOfCalled
	}
	turn := &kept{called: called}
	turn.timer = time.AfterFunc(while, func() {
		t.free(heketi, func(l *line) {
			if l.kept[key] == turn {
				l.drop(key)
			}
		})
	})
	l.kept[key] = turn
}

// drop has the line know nothing of a key.
func (l *line) drop(key string) {
	if turn := l.kept[key]; turn != nil {
		turn.timer.Stop()
		delete(l.kept, key)
	}
	delete(l.waits, key)
}

// free frees a turn, and calls those whose turn has come.
func (t *Turns) free(heketi string, how func(*line)) {
	t.mu.Lock()
	how(t.lineOf(heketi))
	t.mu.Unlock()
	for {
		key, called := t.next(heketi)
		if !called {
			return
		}
		if !t.call(key) {
			t.mu.Lock()
			t.lineOf(heketi).drop(key)
			t.mu.Unlock()
		}
	}
}

// next returns the key whose turn has come, and keeps the turn for it.
func (t *Turns) next(heketi string) (key string, called bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lineOf(heketi)
	for len(l.order) > 0 && l.hasTurn(t.limit) {
		key, l.order = l.order[0], l.order[1:]
		if l.waits[key] {
			t.keep(heketi, l, key, true)
			return key, true
		}
	}
	if l.taken+len(l.kept)+len(l.waits) == 0 {
		delete(t.lines, heketi)
	}
	return "", false
}
