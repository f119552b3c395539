package integration

import (
	"testing"

	"glusterfs-provisioner/test/bench"
)

// step is a point in the life of a volume at which the provisioner can be stopped.
type step struct {
	name string
	// stop arranges that the provisioner gets as far as the step and no further.
	// It returns what waits for that, and what ends the arrangement.
	stop func(t *testing.T, s *scene) (reached, end func())
}

// atHeketi stops at a request to heketi.
func atHeketi(name, method, path string, action bench.Action) step {
	return step{name, func(t *testing.T, s *scene) (reached, end func()) {
		d := s.proxy.Disturb(method, path, action)
		return func() { waitReached(t, d) }, s.proxy.Calm
	}}
}

// atKubernetes stops at a request to the API server, which refuses it. The step
// is reached when the claim or its PersistentVolume tells so, or the log does.
func atKubernetes(name, operation, resource string) step {
	return step{name, func(t *testing.T, s *scene) (reached, end func()) {
		allow := refuse(t, operation, resource)
		return func() { s.waitLogged(t, "refused by the test") }, allow
	}}
}

var creationSteps = []step{
	atHeketi("before heketi gets the request", "POST", "^/volumes$", bench.Hold),
	atHeketi("after heketi accepted it", "POST", "^/volumes$", bench.HoldAnswer),
	atHeketi("while polling", "GET", "^/queue/", bench.Hold),
	atHeketi("after the volume exists", "GET", "^/queue/", bench.HoldAnswer),
	atHeketi("before the volume is told", "GET", "^/volumes/", bench.Hold),
	atKubernetes("before the Service", "CREATE", "services"),
	atKubernetes("before the Endpoints", "CREATE", "endpoints"),
	atKubernetes("before the PersistentVolume is saved", "CREATE", "persistentvolumes"),
}

var deletionSteps = []step{
	atHeketi("before heketi gets the request", "DELETE", "^/volumes/", bench.Hold),
	atHeketi("after heketi accepted it", "DELETE", "^/volumes/", bench.HoldAnswer),
	atHeketi("while polling", "GET", "^/queue/", bench.Hold),
	atHeketi("after the volume is gone", "GET", "^/queue/", bench.HoldAnswer),
	atKubernetes("before the Service is deleted", "DELETE", "services"),
	atKubernetes("before the Endpoints are deleted", "DELETE", "endpoints"),
	atKubernetes("before the PersistentVolume is deleted", "DELETE", "persistentvolumes"),
	atKubernetes("before the finalizer is removed", "UPDATE", "persistentvolumes"),
}

// TestFaultKilledWhileMaking kills the provisioner at each step of making volumes.
// Either it is started again, or a second replica takes over.
func TestFaultKilledWhileMaking(t *testing.T) {
	eachStep(t, creationSteps, func(t *testing.T, s *scene, begin func()) {
		begin()
		s.claim(t)
	})
}

// TestFaultKilledWhileDeleting does so at each step of deleting them.
func TestFaultKilledWhileDeleting(t *testing.T) {
	eachStep(t, deletionSteps, func(t *testing.T, s *scene, begin func()) {
		s.claim(t)
		s.checkPromises(t)
		begin()
		s.unclaim(t)
	})
}

// eachStep plays a scene for each step. The play calls begin when the next steps
// are to be stopped.
func eachStep(t *testing.T, steps []step, play func(t *testing.T, s *scene, begin func())) {
	for i, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			s := newScene(t, bench.HeketiOptions{})
			var reached, end func()
			play(t, s, func() { reached, end = step.stop(t, s) })
			reached()
			// Alternating, so that each way is seen with each kind of step.
			if i%2 == 0 {
				s.kill(t)
				end()
				s.restart(t)
			} else {
				standby := launch(t, s.provisioner.name, fastTimes...)
				s.kill(t)
				end()
				standby.waitLeading(t)
				s.provisioner = standby
			}
			s.checkPromises(t)
			s.unclaim(t)
			s.checkPromises(t)
		})
	}
}

// TestFaultClaimsDeletedWhileMaking deletes the claims at each step of making
// their volumes, while the provisioner runs, and while it is down.
func TestFaultClaimsDeletedWhileMaking(t *testing.T) {
	for i, step := range creationSteps {
		t.Run(step.name, func(t *testing.T) {
			s := newScene(t, bench.HeketiOptions{})
			reached, end := step.stop(t, s)
			s.claim(t)
			reached()
			if i%2 == 0 {
				s.kill(t)
				s.unclaim(t)
				end()
				s.restart(t)
			} else {
				claims := s.claims
				s.unclaim(t)
				for _, claim := range claims {
					waitClaimGone(t, claim)
				}
				end()
			}
			s.checkPromises(t)
		})
	}
}
