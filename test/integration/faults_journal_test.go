package integration

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

const journalPath = "^/api/v1/namespaces/" + ourNamespace + "/configmaps"

// TestFaultJournalKilled kills the provisioner while it writes the journal for many claims
// at once: before and after the API server has saved it, when entries are added and when
// they are removed.
func TestFaultJournalKilled(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]struct {
		method string
		action bench.Action
	}{
		"before the first group is written":  {http.MethodPost, bench.Hold},
		"after the first group is written":   {http.MethodPost, bench.HoldAnswer},
		"before the second group is written": {http.MethodPut, bench.Hold},
		"after the second group is written":  {http.MethodPut, bench.HoldAnswer},
		"before the last ones are removed":   {http.MethodDelete, bench.Hold},
		"after the last ones are removed":    {http.MethodDelete, bench.HoldAnswer},
	} {
		for way, succeed := range successions {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				proxy, through := apiServerProxy(t)
				s := newScene(t, sceneOptions{flags: append([]string{through}, fastTimes...)})
				reached := proxy.Disturb(step.method, journalPath, step.action)
				s.claim(t)
				s.waitReached(t, reached)
				succeed(t, s, proxy.Calm)
				s.checkPromises(t)
				s.unclaim(t)
				s.checkPromises(t)
			})
		}
	}
}

// TestJournalBesideAnAdministrator has one remove entries, and the whole ConfigMap, while
// the provisioner writes others. Nobody's changes undo the other's.
func TestJournalBesideAnAdministrator(t *testing.T) {
	t.Parallel()
	const many = 60
	name := unique("gluster.org/journal")
	j := journal.New(env.client.CoreV1(), ourNamespace, name)
	entryOf := func(i int) journal.Entry {
		claim := fmt.Sprintf("claim-%03d", i)
		return journal.Entry{
			Claim: types.NamespacedName{Namespace: "apps", Name: claim}, ClaimUID: types.UID(claim), PersistentVolume: "pvc-" + claim,
			Volume: "vol-" + claim, GID: uint32(i), Heketi: volume.Heketi{URL: "http://heketi:8080"}, Source: volume.CSI,
		}
	}
	each := func(do func(ctx context.Context, entry journal.Entry) error) {
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() {
				if err := do(t.Context(), entryOf(i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	listed := func() map[types.UID]bool {
		found := map[types.UID]bool{}
		for _, entry := range must[[]journal.Entry](t)(j.List(t.Context())) {
			found[entry.ClaimUID] = true
		}
		return found
	}

	each(j.Write)
	if got := len(listed()); got != many {
		t.Fatalf("%d entries are there, want %d", got, many)
	}
	given := entryOf(0)
	var both sync.WaitGroup
	both.Go(func() { must[[]byte](t)(env.cluster.Script(t.Context(), "sh", "-c", j.Removal(given.ClaimUID))) })
	both.Go(func() {
		each(func(ctx context.Context, entry journal.Entry) error {
			if entry.ClaimUID == given.ClaimUID {
				return nil
			}
			entry.GID += 1000
			return j.Write(ctx, entry)
		})
	})
	both.Wait()
	if got := listed(); len(got) != many-1 || got[given.ClaimUID] {
		t.Errorf("%d entries are there, and that of the one that was given up is %v", len(got), got[given.ClaimUID])
	}

	configMaps := env.client.CoreV1().ConfigMaps(ourNamespace)
	if err := configMaps.Delete(t.Context(), j.Reference("").Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := j.Write(t.Context(), given); err != nil {
		t.Error(err)
	}
	if got := listed(); len(got) != 1 || !got[given.ClaimUID] {
		t.Errorf("after all were deleted there are %v", got)
	}
	each(func(ctx context.Context, entry journal.Entry) error { return j.Remove(ctx, entry.ClaimUID) })
	if _, err := configMaps.Get(t.Context(), j.Reference("").Name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the empty ConfigMap: got %v, want that it is gone", err)
	}
}
