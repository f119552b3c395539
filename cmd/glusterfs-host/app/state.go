package app

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/host"
)

// latest is what was last found of the host.
type latest struct {
	// staleAfter is from what age on it says nothing any more.
	staleAfter time.Duration

	mu    sync.Mutex
	found *host.State
	at    time.Time
}

// askingBound is how long asking may take. A disk that holds glusterd's files and does not answer holds it up.
const askingBound = 2 * time.Minute

func newLatest(interval time.Duration) *latest { return &latest{staleAfter: interval + askingBound} }

func (l *latest) set(state host.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found, l.at = &state, time.Now()
}

// state returns what was last found, and when; nil before the first time.
func (l *latest) state() (*host.State, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.found, l.at
}

// errStarting is why nothing is known yet.
var errStarting = errors.New("the host is starting: its bricks are being mounted")

// fresh returns what was found, or why nothing is known.
func (l *latest) fresh() (*host.State, error) {
	state, at := l.state()
	switch age := time.Since(at); {
	case state == nil:
		return nil, errStarting
	case age > l.staleAfter:
		return nil, fmt.Errorf("the host has not been looked at for %v; a disk may not answer", age.Round(time.Second))
	}
	return state, nil
}

// checks are what is asked of the process. There is none for its life: the end of the container is the end of the bricks, which
// a glusterd that is slow, or that has died, is no reason for.
func (l *latest) checks() serving.Checks {
	return serving.Checks{Ready: []serving.Check{
		{Name: "glusterd", Ask: func(*http.Request) error {
			state, err := l.fresh()
			if err != nil {
				return err
			}
			return state.Glusterd
		}},
		{Name: "bricks", Ask: func(*http.Request) error {
			state, err := l.fresh()
			if err != nil {
				return err
			}
			return problems(*state)
		}},
	}}
}

// toldAtMost is how many bricks an answer tells of.
const toldAtMost = 10

// problems returns what is wrong with the bricks.
func problems(state host.State) error {
	errs := []error{state.Unknown}
	wrong := 0
	for _, brick := range state.Bricks {
		if brick.Problem == nil {
			continue
		}
		if wrong++; wrong <= toldAtMost {
			errs = append(errs, fmt.Errorf("brick %s of volume %s: %w", brick.Path, brick.Volume, brick.Problem))
		}
	}
	if wrong > toldAtMost {
		errs = append(errs, fmt.Errorf("and %d more", wrong-toldAtMost))
	}
	return errors.Join(errs...)
}
