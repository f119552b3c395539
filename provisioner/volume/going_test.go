package volume

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestIsGoing(t *testing.T) {
	now := metav1.Now()
	for what, test := range map[string]struct {
		phase   v1.PersistentVolumePhase
		policy  v1.PersistentVolumeReclaimPolicy
		deleted *metav1.Time
		want    bool
	}{
		"just made":          {"", v1.PersistentVolumeReclaimDelete, nil, false},
		"available":          {v1.VolumeAvailable, v1.PersistentVolumeReclaimDelete, nil, false},
		"bound":              {v1.VolumeBound, v1.PersistentVolumeReclaimDelete, nil, false},
		"bound, but deleted": {v1.VolumeBound, v1.PersistentVolumeReclaimDelete, &now, true},
		"released":           {v1.VolumeReleased, v1.PersistentVolumeReclaimDelete, nil, true},
		"failed":             {v1.VolumeFailed, v1.PersistentVolumeReclaimDelete, nil, true},
		"retained":           {v1.VolumeReleased, v1.PersistentVolumeReclaimRetain, nil, false},
		"failed, retained":   {v1.VolumeFailed, v1.PersistentVolumeReclaimRetain, nil, false},
		"retained, deleted":  {v1.VolumeReleased, v1.PersistentVolumeReclaimRetain, &now, true},
	} {
		pv := &v1.PersistentVolume{}
		pv.Status.Phase, pv.Spec.PersistentVolumeReclaimPolicy, pv.DeletionTimestamp = test.phase, test.policy, test.deleted
		if got := IsGoing(pv); got != test.want {
			t.Errorf("%s: got %v, want %v", what, got, test.want)
		}
	}
}
