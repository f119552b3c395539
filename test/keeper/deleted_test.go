package keeper

import (
	"context"
	"errors"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestFaultSavedDatabaseIsDeletedWhileIdle deletes what is saved under a keeper whose heketi changes nothing any more. It is
// saved again all the same, so that the next keeper has it.
func TestFaultSavedDatabaseIsDeletedWhileIdle(t *testing.T) {
	t.Parallel()
	for name, objects := range map[string]string{
		"Secret": "secret", "ConfigMap": "configmap", "both": "secret,configmap",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, nil)
			k := p.start(t, t.TempDir(), "--save-interval=200ms")
			addNodes(t, k.client(t))
			create(t, k.client(t), "first")
			kubectl(t, "kubectl delete "+objects+" "+databaseName+" -n "+p.namespace)
			bench.Eventually(t, soon, func(ctx context.Context) error {
				store := storeIn(t, p.namespace, nil)
				_, err := store.Load(ctx)
				if err == nil && !store.IsRecorded() {
					err = errors.New("no ConfigMap tells of what is saved")
				}
				return err
			})
			k.kill(t)
			k = p.start(t, t.TempDir())
			expectVolumes(t, k.client(t), "first")
		})
	}
}

// TestFaultSavedDatabaseIsDeletedBeforeTheEnd deletes what is saved, and has the keeper end before it would have looked.
func TestFaultSavedDatabaseIsDeletedBeforeTheEnd(t *testing.T) {
	t.Parallel()
	for name, objects := range map[string]string{"Secret": "secret", "both": "secret,configmap"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, nil)
			k := p.start(t, t.TempDir(), "--save-interval=1h")
			addNodes(t, k.client(t))
			create(t, k.client(t), "first")
			kubectl(t, "kubectl delete "+objects+" "+databaseName+" -n "+p.namespace)
			k.endWell(t)
			k = p.start(t, t.TempDir())
			expectVolumes(t, k.client(t), "first")
		})
	}
}
