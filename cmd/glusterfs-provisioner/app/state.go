package app

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"k8s.io/client-go/tools/leaderelection"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/gid"
)

// state is what the endpoints tell of the process.
type state struct {
	mu      sync.Mutex
	elected bool
	// gids and provisioner are set when the leader has taken over.
	gids        *gid.Allocator
	provisioner *provisioner.Provisioner
	dog         *leaderelection.HealthzAdaptor
}

// elect notes that the process was elected and is about to take over.
func (s *state) elect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elected = true
}

func (s *state) isElected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.elected
}

// lead notes that the process has taken over.
func (s *state) lead(gids *gid.Allocator, provisioner *provisioner.Provisioner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elected = true
	s.gids, s.provisioner = gids, provisioner
}

// ready returns nil while the process does what it is for. A standby waits, and a leader
// has taken over.
func (s *state) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.elected && s.gids == nil {
		return errors.New("taking over")
	}
	return nil
}

// watchDog returns what the leader election tells of its health, and makes it
// part of this state.
func (s *state) watchDog() *leaderelection.HealthzAdaptor {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dog = leaderelection.NewLeaderHealthzAdaptor(20 * time.Second)
	return s.dog
}

// healthy returns an error when the process holds a Lease that it has failed to
// renew for too long.
func (s *state) healthy(request *http.Request) error {
	s.mu.Lock()
	dog := s.dog
	s.mu.Unlock()
	if dog == nil {
		return nil
	}
	return dog.Check(request)
}

// gidsTaken, unfinished, converting, waitingToGrow, leftAlone and leading are the values of gauges.
func (s *state) gidsTaken() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gids == nil {
		return 0
	}
	return float64(s.gids.Taken())
}

func (s *state) unfinished() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provisioner == nil {
		return 0
	}
	return float64(s.provisioner.VolumesInTheMaking())
}

func (s *state) converting() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provisioner == nil {
		return 0
	}
	return float64(s.provisioner.Conversions.UnderWay())
}

func (s *state) waitingToGrow() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provisioner == nil {
		return 0
	}
	return float64(s.provisioner.WaitingToGrow())
}

func (s *state) leftAlone() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provisioner == nil {
		return 0
	}
	return float64(s.provisioner.Heketi.LeftAlone())
}

func (s *state) leading() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gids == nil {
		return 0
	}
	return 1
}
