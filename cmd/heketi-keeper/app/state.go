package app

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"k8s.io/client-go/tools/leaderelection"

	"glusterfs-provisioner/cmd/serving"
)

// renewalLate is how long after its end a Lease that was not renewed may be taken for a process that
// hangs.
const renewalLate = 20 * time.Second

// state is what the endpoints tell of the process.
type state struct {
	dog *leaderelection.HealthzAdaptor

	mu sync.Mutex
	// active is whether the process has got the Lease.
	active bool
	// serving is whether it serves heketi's API.
	serving bool
}

func newState() *state {
	return &state{dog: leaderelection.NewLeaderHealthzAdaptor(renewalLate)}
}

func (s *state) activate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = true
}

func (s *state) isActive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active
}

func (s *state) serve(serving bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving = serving
}

func (s *state) isServing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serving
}

// checks are what is asked of the process: whether it has to be started anew, and whether it serves.
func (s *state) checks() serving.Checks {
	return serving.Checks{
		Live: []serving.Check{{Name: "leader-election", Ask: s.dog.Check}},
		Ready: []serving.Check{{Name: "heketi", Ask: func(*http.Request) error {
			if !s.isServing() {
				return errors.New("heketi's API is not served: another keeper has the Lease, or heketi is being started")
			}
			return nil
		}}},
	}
}
