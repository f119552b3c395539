package app

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/client-go/tools/leaderelection"

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/provisioner"
)

// state is what the endpoints tell of the process.
type state struct {
	mu sync.Mutex
	// connected is whether the API server has answered.
	connected bool
	elected   bool
	// electedAt is when it was elected.
	electedAt time.Time
	// provisioner is set when the leader has taken over.
	provisioner *provisioner.Provisioner
	dog         *leaderelection.HealthzAdaptor
	answering   answering
}

// connect notes that the API server has answered.
func (s *state) connect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected = true
}

// elect notes that the process was elected and is about to take over.
func (s *state) elect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elected, s.electedAt = true, time.Now()
}

func (s *state) isElected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.elected
}

// lead notes that the process has taken over.
func (s *state) lead(provisioner *provisioner.Provisioner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elected, s.provisioner = true, provisioner
}

// leader returns the provisioner once the process leads, and nil before.
func (s *state) leader() *provisioner.Provisioner {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.provisioner
}

// watchDog returns what the leader election tells of its health, and makes it
// part of this state.
func (s *state) watchDog() *leaderelection.HealthzAdaptor {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dog = leaderelection.NewLeaderHealthzAdaptor(20 * time.Second)
	return s.dog
}

// checks are what is asked of the process: whether it has to be started anew, and whether it
// does what it is for.
func (s *state) checks() serving.Checks {
	return serving.Checks{
		Live: []serving.Check{
			{Name: "leader-election", Ask: s.holdsLease},
			{Name: "work", Ask: s.works},
		},
		Ready: []serving.Check{
			{Name: "api-server", Ask: s.isConnected},
			{Name: "takeover", Ask: s.hasTakenOver},
			{Name: "watches", Ask: s.sees},
		},
	}
}

// isConnected returns an error until the API server has answered once. What becomes of a leader
// without it, its Lease says.
func (s *state) isConnected(*http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.connected {
		return errors.New("the API server has not answered yet")
	}
	return nil
}

// hasTakenOver returns nil while the process does what it is for. A standby waits, and a
// leader has taken over.
func (s *state) hasTakenOver(*http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.elected && s.provisioner == nil {
		return errors.New("taking over")
	}
	return nil
}

// sees returns an error when the leader may not see any more what it has to.
func (s *state) sees(*http.Request) error {
	p := s.leader()
	if p == nil {
		return nil
	}
	return p.Refused(time.Now())
}

// holdsLease returns an error when the process holds a Lease that it has failed to renew for
// too long.
func (s *state) holdsLease(request *http.Request) error {
	s.mu.Lock()
	dog := s.dog
	s.mu.Unlock()
	if dog == nil {
		return nil
	}
	return dog.Check(request)
}

// takeoverBound is how long a takeover may take. It reads all PersistentVolumes and claims, of
// which 50,000 take less than a minute.
const takeoverBound = 10 * time.Minute

// works returns an error when nothing goes on any more in the leader.
func (s *state) works(*http.Request) error {
	p := s.leader()
	if p == nil {
		return s.takesOverInTime()
	}
	return s.answering.ask(func() error { return p.Stuck(time.Now()) })
}

func (s *state) takesOverInTime() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if took := time.Since(s.electedAt); s.elected && took > takeoverBound {
		return fmt.Errorf("taking over for %v, and it may not take longer than %v", took.Round(time.Second), takeoverBound)
	}
	return nil
}

// answerBound is how long the parts of the provisioner may take to tell how they do, which
// they look up in memory. It is less than a probe waits.
const answerBound = 3 * time.Second

// answering asks something that does not answer if there is a deadlock.
type answering struct {
	mu sync.Mutex
	// asked gets the answer to a question that is not answered yet.
	asked chan error
}

// ask returns the answer, or an error if it does not come soon. While one question waits for
// its answer, no other is put.
func (a *answering) ask(question func() error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked == nil {
		a.asked = make(chan error, 1)
		go func(answer chan<- error) { answer <- question() }(a.asked)
	}
	late := time.NewTimer(answerBound)
	defer late.Stop()
	select {
	case err := <-a.asked:
		a.asked = nil
		return err
	case <-late.C:
		return fmt.Errorf("its parts do not answer within %v", answerBound)
	}
}
