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
	mu    sync.Mutex
	found *host.State
	at    time.Time
}

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

// checks are what is asked of the process. There is none for its life: the end of the container is the end of the bricks, which
// a glusterd that is slow, or that has died, is no reason for.
func (l *latest) checks() serving.Checks {
	return serving.Checks{Ready: []serving.Check{
		{Name: "glusterd", Ask: func(*http.Request) error {
			state, _ := l.state()
			if state == nil {
				return errStarting
			}
			return state.Glusterd
		}},
		{Name: "bricks", Ask: func(*http.Request) error {
			state, _ := l.state()
			if state == nil {
				return errStarting
			}
			return problems(*state)
		}},
	}}
}

// toldAtMost is how many bricks an answer tells of.
const toldAtMost = 10

// problems returns what is wrong with the bricks.
func problems(state host.State) error {
	if state.Unknown != nil {
		return state.Unknown
	}
	var errs []error
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
