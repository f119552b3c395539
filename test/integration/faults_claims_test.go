package integration

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// bound is the step after the last: nothing is stopped, and the claims are Bound.
var bound = step{"when they are Bound", func(t *testing.T, s *scene) (reached, end func()) {
	return func() { s.checkPromises(t) }, func() {}
}}

// halfMade are steps at which heketi, the provisioner and Kubernetes, in turn,
// know most of what is going on.
var halfMade = []step{
	atHeketi("before heketi gets the request", "POST", "^/volumes$", bench.Hold),
	atHeketi("after the volume exists", "GET", "^/queue/", bench.HoldAnswer),
	atKubernetes("before the PersistentVolume is saved", "CREATE", "persistentvolumes"),
	bound,
}

// TestFaultNamespaceDeleted deletes the whole namespace of the claims. Nothing
// holds it, not even a heketi that does not answer.
func TestFaultNamespaceDeleted(t *testing.T) {
	t.Parallel()
	for _, step := range halfMade {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{})
			reached, end := step.stop(t, s)
			s.claim(t)
			reached()
			if err := env.client.CoreV1().Namespaces().Delete(t.Context(), s.namespace, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			s.claims = nil
			s.eventually(t, func(ctx context.Context) error {
				now, err := env.client.CoreV1().Namespaces().Get(ctx, s.namespace, metav1.GetOptions{})
				switch {
				case apierrors.IsNotFound(err):
					return nil
				case err != nil:
					return err
				}
				return fmt.Errorf("namespace %s is %s: %v", s.namespace, now.Status.Phase, now.Status.Conditions)
			})
			end()
			s.checkPromises(t)
			s.namespace = newNamespace(t)
			s.claim(t)
			s.checkPromises(t)
		})
	}
}

// TestFaultClaimsMadeAgain deletes the claims and makes them again at once, under
// the same names.
func TestFaultClaimsMadeAgain(t *testing.T) {
	t.Parallel()
	for _, step := range halfMade {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{})
			reached, end := step.stop(t, s)
			s.claim(t)
			reached()
			for _, deleted := range s.unclaim(t) {
				s.claims = append(s.claims, s.claimAgain(t, deleted.Name))
			}
			end()
			s.checkPromises(t)
			s.unclaim(t)
			s.checkPromises(t)
		})
	}
}

// claimAgain makes a claim as soon as the one that had its name is gone.
func (s *scene) claimAgain(t *testing.T, name string) *v1.PersistentVolumeClaim {
	t.Helper()
	claim := claimOf(s.namespace, s.class, "1Gi")
	claim.Name = name
	var made *v1.PersistentVolumeClaim
	bench.Eventually(t, soon, func(ctx context.Context) (err error) {
		made, err = env.client.CoreV1().PersistentVolumeClaims(s.namespace).Create(ctx, claim, metav1.CreateOptions{})
		return err
	})
	return made
}

// TestFaultClaimsDeletedAsHeketiReturns deletes the claims at the very time at
// which heketi is back, so that each is seen before, after and amid the other.
func TestFaultClaimsDeletedAsHeketiReturns(t *testing.T) {
	t.Parallel()
	for _, step := range halfMade {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{})
			reached, end := step.stop(t, s)
			s.claim(t)
			reached()
			if err := s.proxy.Down(); err != nil {
				t.Fatal(err)
			}
			end()
			var race errgroup.Group
			race.Go(func() error { return s.proxy.Up(t.Context()) })
			for _, claim := range s.claims {
				race.Go(func() error {
					return env.client.CoreV1().PersistentVolumeClaims(s.namespace).Delete(t.Context(), claim.Name, metav1.DeleteOptions{})
				})
			}
			if err := race.Wait(); err != nil {
				t.Fatal(err)
			}
			s.claims = nil
			s.checkPromises(t)
			s.claim(t)
			s.checkPromises(t)
		})
	}
}

// patient are flags with which a request that arrives seconds too late does so well
// within the time for which such are expected, on a busy machine, too.
var patient = append(slices.Clone(fastTimes), "--heketi-request-timeout=10s")

// TestFaultRequestsArriveLate has the requests for volumes reach heketi a second
// after the provisioner gave them up, when their claims are gone already. Those
// volumes are deleted, too.
func TestFaultRequestsArriveLate(t *testing.T) {
	t.Parallel()
	for name, unclaim := range deletions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{flags: patient})
			late := s.proxy.Disturb("POST", "^/volumes$", bench.ArriveLate(time.Second))
			s.claim(t)
			s.waitReached(t, late)
			unclaim(t, s, s.proxy.Calm)
			s.waitJournalEmpty(t)
			late.Wait()
			s.checkPromises(t)
			s.claim(t)
			s.checkPromises(t)
		})
	}
}

// TestFaultSecondRequestsArriveLate has a volume be asked for twice, since the first
// request is late, and be deleted before the second one arrives, which would make it
// anew.
func TestFaultSecondRequestsArriveLate(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{flags: patient})
	late := s.proxy.Disturb("POST", "^/volumes$", bench.ArriveLate(6*time.Second))
	const claims = 4 // More would wait for each other.
	for range claims {
		s.claims = append(s.claims, newClaim(t, s.namespace, s.class, "1Gi"))
	}
	s.eventually(t, func(ctx context.Context) error {
		saved, err := s.persistentVolumes(ctx)
		if err == nil && len(saved) < claims {
			err = fmt.Errorf("%d claims of %d have got a volume", len(saved), claims)
		}
		return err
	})
	if late.Seen() <= claims {
		t.Error("no volume was asked for twice")
	}
	s.unclaim(t)
	s.proxy.Calm()
	late.Wait()
	s.checkPromises(t)
	s.claim(t)
	s.checkPromises(t)
}
