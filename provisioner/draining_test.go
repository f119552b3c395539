package provisioner

import (
	"errors"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/provisioner/work"
)

// TestNothingIsBegunWhileDraining has the library call for a claim and a PersistentVolume that were let
// in just before. It is to make no event of it, since nothing has failed.
func TestNothingIsBegunWhileDraining(t *testing.T) {
	p := clusterOf(t, newer, plain)
	call := func(string) bool { return true }
	p.makings, p.deletions = work.NewTurns(1, call), work.NewTurns(1, call)
	p.locks.Drain()

	var ignored *controller.IgnoredError
	claim := &v1.PersistentVolumeClaim{}
	claim.UID = "uid-of-a-claim"
	if pv, _, err := p.Provision(t.Context(), controller.ProvisionOptions{PVC: claim, StorageClass: &storagev1.StorageClass{}}); !errors.As(err, &ignored) || pv != nil {
		t.Errorf("a volume is made: got %v, %v", pv, err)
	}
	if err := p.Delete(t.Context(), &v1.PersistentVolume{}); !errors.As(err, &ignored) {
		t.Errorf("a volume is deleted: got %v", err)
	}
}
