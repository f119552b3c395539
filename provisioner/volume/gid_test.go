package volume

import (
	"testing"

	v1 "k8s.io/api/core/v1"
)

func TestGIDOf(t *testing.T) {
	for text, want := range map[string]uint32{"0": 0, "2000": 2000, "2147483646": 2147483646, "4294967295": 4294967295} {
		pv := &v1.PersistentVolume{}
		pv.Annotations = map[string]string{AnnotationGID: text}
		if got, ok := GIDOf(pv); got != want || !ok {
			t.Errorf("%q: got %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", " 2000", "-1", "2e3", "4294967296", "0x7d0", "many"} {
		pv := &v1.PersistentVolume{}
		pv.Annotations = map[string]string{AnnotationGID: text}
		if got, ok := GIDOf(pv); ok {
			t.Errorf("%q: got %d, want none", text, got)
		}
	}
	if got, ok := GIDOf(&v1.PersistentVolume{}); ok {
		t.Errorf("no annotations: got %d, want none", got)
	}
}
