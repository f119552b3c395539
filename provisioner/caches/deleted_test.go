package caches

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

func TestLastKnown(t *testing.T) {
	pv := &v1.PersistentVolume{}
	for what, told := range map[string]any{"seen": pv, "missed": cache.DeletedFinalStateUnknown{Key: "pv", Obj: pv}} {
		if got, ok := LastKnown[*v1.PersistentVolume](told); !ok || got != pv {
			t.Errorf("%s: got %v, %t", what, got, ok)
		}
	}
	for what, told := range map[string]any{"nothing": nil, "another": &v1.Service{}, "another missed": cache.DeletedFinalStateUnknown{Obj: &v1.Service{}}} {
		if got, ok := LastKnown[*v1.PersistentVolume](told); ok {
			t.Errorf("%s: got %v", what, got)
		}
	}
}
