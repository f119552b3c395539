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
		return func() { s.waitReached(t, d) }, s.proxy.Calm
	}}
}

// atKubernetes stops at a request to the API server, which refuses it. The step
// is reached when a claim or a PersistentVolume tells so.
func atKubernetes(name, operation, resource string) step {
	return step{name, func(t *testing.T, s *scene) (reached, end func()) {
		allow := refuse(t, operation, resource, s.owns)
		return func() { s.waitTold(t, "Failed", "refused by the test") }, allow
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

// successions are the ways in which another process follows a killed one. Each
// calls end when the killed one is gone.
var successions = map[string]func(t *testing.T, s *scene, end func()){
	"restarted": func(t *testing.T, s *scene, end func()) {
		s.kill(t)
		end()
		s.restart(t)
	},
	"taken over": func(t *testing.T, s *scene, end func()) {
		standby := launch(t, s.provisioner().name, s.options.flags...)
		s.kill(t)
		end()
		standby.waitLeading(t)
		s.replicas = []*provisioner{standby}
	},
}

// TestFaultKilledWhileMaking kills the provisioner at each step of making volumes.
// It is started again, or a second replica takes over.
func TestFaultKilledWhileMaking(t *testing.T) {
	t.Parallel()
	eachStep(t, creationSteps, successions, func(t *testing.T, s *scene, step step, succeed func(*testing.T, *scene, func())) {
		reached, end := step.stop(t, s)
		s.claim(t)
		reached()
		succeed(t, s, end)
		s.checkPromises(t)
		s.unclaim(t)
		s.checkPromises(t)
	})
}

// TestFaultKilledWhileDeleting does so at each step of deleting them.
func TestFaultKilledWhileDeleting(t *testing.T) {
	t.Parallel()
	eachStep(t, deletionSteps, successions, func(t *testing.T, s *scene, step step, succeed func(*testing.T, *scene, func())) {
		s.claim(t)
		s.checkPromises(t)
		reached, end := step.stop(t, s)
		s.unclaim(t)
		reached()
		succeed(t, s, end)
		s.checkPromises(t)
	})
}

// deletions are the ways in which claims are deleted while a step is not passed.
// Each calls end when the claims are gone.
var deletions = map[string]func(t *testing.T, s *scene, end func()){
	"while the provisioner runs": func(t *testing.T, s *scene, end func()) {
		for _, claim := range s.unclaim(t) {
			waitClaimGone(t, claim)
		}
		end()
	},
	"while it is down": func(t *testing.T, s *scene, end func()) {
		s.kill(t)
		for _, claim := range s.unclaim(t) {
			waitClaimGone(t, claim)
		}
		end()
		s.restart(t)
	},
}

// TestFaultClaimsDeletedWhileMaking deletes the claims at each step of making
// their volumes. Others then need all the GIDs that those had.
func TestFaultClaimsDeletedWhileMaking(t *testing.T) {
	t.Parallel()
	eachStep(t, creationSteps, deletions, func(t *testing.T, s *scene, step step, unclaim func(*testing.T, *scene, func())) {
		reached, end := step.stop(t, s)
		s.claim(t)
		reached()
		unclaim(t, s, end)
		s.checkPromises(t)
		s.claim(t)
		s.checkPromises(t)
	})
}

// eachStep plays a scene for each step in each way.
func eachStep[W any](t *testing.T, steps []step, ways map[string]W, play func(*testing.T, *scene, step, W)) {
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			for name, way := range ways {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					play(t, newScene(t, sceneOptions{flags: fastTimes}), step, way)
				})
			}
		})
	}
}
