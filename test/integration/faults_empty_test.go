package integration

import (
	"context"
	"fmt"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/test/bench"
)

// TestFaultEmptyHeketi has resturl lead to an empty heketi, as one does that was
// installed anew. No PersistentVolume goes until the right one is back.
func TestFaultEmptyHeketi(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{})
	s.claim(t)
	s.checkPromises(t)
	empty := startHeketi(t, bench.HeketiOptions{})
	s.proxy.Lead(empty)
	first := s.claims[0]
	pv := waitBound(t, first)
	s.unclaim(t)
	s.waitEvent(t, pv.UID, "VolumeFailedDelete", "another or an empty heketi")
	must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Get(t.Context(), pv.Name, metav1.GetOptions{}))
	if kept := len(volumesIn(t, s.heketi)); kept != faultyClaims {
		t.Errorf("%d of %d volumes are left", kept, faultyClaims)
	}
	s.proxy.Lead(s.heketi)
	s.checkPromises(t)
}

// TestFaultEmptyHeketiWhileMaking has resturl lead to an empty heketi after the
// right one has made the volumes, before any is recorded elsewhere than in the
// journal. They are neither forgotten nor made twice.
func TestFaultEmptyHeketiWhileMaking(t *testing.T) {
	t.Parallel()
	t.Run("the right one comes back", func(t *testing.T) {
		t.Parallel()
		s := madeButNotSaved(t)
		s.proxy.Lead(startHeketi(t, bench.HeketiOptions{}))
		s.restart(t)
		s.waitEvent(t, s.claims[0].UID, "ProvisioningFailed", "another or an empty heketi", "bring that heketi back")
		s.proxy.Lead(s.heketi)
		s.checkPromises(t)
	})
	t.Run("the right one comes back after the claims are deleted", func(t *testing.T) {
		t.Parallel()
		s := madeButNotSaved(t)
		s.proxy.Lead(startHeketi(t, bench.HeketiOptions{}))
		deleted := s.unclaim(t)
		for _, claim := range deleted {
			waitClaimGone(t, claim)
		}
		s.restart(t)
		s.waitNotUndone(t, deleted[0], "another or an empty heketi", "bring that heketi back")
		if kept := len(volumesIn(t, s.heketi)); kept != faultyClaims {
			t.Errorf("%d of %d volumes are left", kept, faultyClaims)
		}
		s.proxy.Lead(s.heketi)
		s.checkPromises(t)
	})
	t.Run("the right one is given up", func(t *testing.T) {
		t.Parallel()
		s := madeButNotSaved(t)
		s.heketi = startHeketi(t, bench.HeketiOptions{})
		s.proxy.Lead(s.heketi)
		s.restart(t)
		for _, claim := range s.claims {
			command := journal.New(env.client.CoreV1(), ourNamespace, s.provisioner().name).Removal(claim.UID)
			s.waitEvent(t, claim.UID, "ProvisioningFailed", "if it is gone for good, remove the entry: "+command)
			must[[]byte](t)(env.cluster.Script(t.Context(), "sh", "-c", command))
		}
		s.checkPromises(t)
	})
}

// madeButNotSaved returns a scene whose heketi has made volumes for the claims,
// which its provisioner was killed before it knew.
func madeButNotSaved(t *testing.T) *scene {
	t.Helper()
	s := newScene(t, sceneOptions{flags: fastTimes})
	allow := refuse(t, "CREATE", "services", s.owns)
	s.claim(t)
	s.eventually(t, func(context.Context) error {
		if made := len(volumesIn(t, s.heketi)); made != faultyClaims {
			return fmt.Errorf("heketi has made %d volumes of %d", made, faultyClaims)
		}
		return nil
	})
	s.kill(t)
	allow()
	return s
}

// waitNotUndone waits until an event tells why a claim's volume is not undone.
func (s *scene) waitNotUndone(t *testing.T, claim *v1.PersistentVolumeClaim, texts ...string) {
	t.Helper()
	s.eventually(t, func(ctx context.Context) error {
		events, err := env.client.CoreV1().Events(ourNamespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=VolumeNotUndone"})
		if err != nil {
			return err
		}
		for _, event := range events.Items {
			if event.InvolvedObject.FieldPath == "data["+string(claim.UID)+"]" && containsAll(event.Message, texts) {
				return nil
			}
		}
		return fmt.Errorf("of %d events of volumes that are not undone, none is about claim %s and says %q", len(events.Items), claim.Name, texts)
	})
}
