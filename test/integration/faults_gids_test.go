package integration

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// Two classes share some of their GIDs, and have fewer between them than there are
// claims.
const (
	gidsPerClass = 10
	gidsShared   = 5
	gidsInAll    = 2*gidsPerClass - gidsShared
)

// TestFaultFullRanges kills the provisioner while the ranges of two classes run
// full, and again while they get free. In the end each GID can be had again.
func TestFaultFullRanges(t *testing.T) {
	t.Parallel()
	for name, succeed := range successions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{flags: fastTimes})
			first := 200_000_000 + 100*int(serial.Add(1))
			low := s.newClass(t, first, first+gidsPerClass-1)
			high := s.newClass(t, first+gidsPerClass-gidsShared, first+gidsInAll-1)

			making := s.proxy.Disturb("GET", "^/queue/", bench.HoldAnswer)
			for range faultyClaims / 2 {
				s.claims = append(s.claims, newClaim(t, s.namespace, low, "1Gi"), newClaim(t, s.namespace, high, "1Gi"))
			}
			s.waitReached(t, making)
			succeed(t, s, s.proxy.Calm)
			served, waiting := s.waitServed(t, gidsInAll)
			for _, claim := range waiting {
				s.waitEvent(t, claim.UID, "ProvisioningFailed", fmt.Sprintf("all %d are held", gidsPerClass))
			}
			checkGIDs(t, served, first, gidsInAll)

			deleting := s.proxy.Disturb("DELETE", "^/volumes/", bench.HoldAnswer)
			s.claims = served
			s.unclaim(t)
			s.waitReached(t, deleting)
			succeed(t, s, s.proxy.Calm)
			s.claims = waiting
			s.checkPromises(t)
			s.unclaim(t)
			s.checkPromises(t)

			for range gidsPerClass {
				s.claims = append(s.claims, newClaim(t, s.namespace, low, "1Gi"))
			}
			s.checkPromises(t)
			checkGIDs(t, s.claims, first, gidsPerClass)
			for range gidsInAll - gidsPerClass {
				s.claims = append(s.claims, newClaim(t, s.namespace, high, "1Gi"))
			}
			s.checkPromises(t)
			checkGIDs(t, s.claims, first, gidsInAll)
		})
	}
}

// waitServed waits until so many of the claims are Bound, and returns those and
// the others.
func (s *scene) waitServed(t *testing.T, want int) (served, waiting []*v1.PersistentVolumeClaim) {
	t.Helper()
	s.eventually(t, func(ctx context.Context) error {
		served, waiting = nil, nil
		for _, claim := range s.claims {
			now, err := env.client.CoreV1().PersistentVolumeClaims(s.namespace).Get(ctx, claim.Name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if now.Status.Phase == v1.ClaimBound {
				served = append(served, claim)
			} else {
				waiting = append(waiting, claim)
			}
		}
		if len(served) != want {
			return fmt.Errorf("%d claims are Bound, want %d", len(served), want)
		}
		return nil
	})
	return served, waiting
}

// checkGIDs checks that the claims have so many GIDs from the first on, each once.
func checkGIDs(t *testing.T, claims []*v1.PersistentVolumeClaim, first, count int) {
	t.Helper()
	var got, want []int
	for i := range count {
		want = append(want, first+i)
	}
	for _, claim := range claims {
		got = append(got, must[int](t)(strconv.Atoi(waitBound(t, claim).Annotations[volume.AnnotationGID])))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the claims have the GIDs %v, want %v", got, want)
	}
}
