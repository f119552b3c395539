package integration

import (
	"context"
	"sync"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"glusterfs-provisioner/provisioner/volume"
)

// beforeResync is less than it takes until Kubernetes looks at claims of which nothing has
// changed.
const beforeResync = 10 * time.Second

// TestManyAreConverted converts 100 PersistentVolumes at once, while the leader audits and
// deletes orphans, and a claim waits for a GID. It measures how long claims are Lost.
func TestManyAreConverted(t *testing.T) {
	installDriver(t)
	const count = 100
	s := newScene(t, sceneOptions{glusterfs: true, gids: count, flags: append([]string{"--audit-interval=500ms", "--orphan-policy=delete", "--orphan-min-age=1s"}, fastTries...)})
	for range count / faultyClaims {
		s.claim(t)
	}
	s.checkPromises(t)
	waits := newClaim(t, s.namespace, s.class, "1Gi")
	waitEvent(t, waits.UID, "no GID is free")
	names := s.volumes(t)
	before := texts(t, names)
	watched := watchLost(t, s.namespace)
	start := time.Now()
	convert(t, names, volume.CSI)
	s.waitConverted(t, names, volume.CSI)
	took := time.Since(start)
	lost, longest := watched()
	t.Logf("%d PersistentVolumes were converted in %v; %d claims were Lost, for %v at most", count, took.Round(100*time.Millisecond), lost, longest.Round(time.Millisecond))
	if longest > beforeResync {
		t.Errorf("a claim was Lost for %v; Kubernetes looks at each every 15 s in any case", longest)
	}
	for name, now := range texts(t, names) {
		expectOnlyTheSource(t, before[name], now)
	}
	deleteClaim(t, waits)
	waitClaimGone(t, waits)
	s.options.csi = true
	s.checkPromises(t)
	s.unclaim(t)
	s.checkPromises(t)
}

// watchLost returns what stops to watch the claims of a namespace, and returns how many
// were Lost, and how long the longest was until it was Bound again.
func watchLost(t *testing.T, namespace string) (stop func() (lost int, longest time.Duration)) {
	t.Helper()
	watching := must[watch.Interface](t)(env.client.CoreV1().PersistentVolumeClaims(namespace).Watch(context.Background(), metav1.ListOptions{}))
	since, counted, longest := map[string]time.Time{}, 0, time.Duration(0)
	var watched sync.WaitGroup
	watched.Go(func() {
		for event := range watching.ResultChan() {
			claim, ok := event.Object.(*v1.PersistentVolumeClaim)
			if !ok {
				continue
			}
			began, was := since[claim.Name]
			switch is := claim.Status.Phase == v1.ClaimLost; {
			case is && !was:
				since[claim.Name] = time.Now()
				counted++
			case was && !is:
				longest = max(longest, time.Since(began))
				delete(since, claim.Name)
			}
		}
	})
	return func() (int, time.Duration) {
		watching.Stop()
		watched.Wait()
		return counted, longest
	}
}
