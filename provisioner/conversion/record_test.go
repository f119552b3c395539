package conversion

import (
	"reflect"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
)

// set sets a field, named by its path, to a value.
func set(in text, path string, value any) {
	parts := strings.Split(path, ".")
	at := map[string]any(in)
	for _, part := range parts[:len(parts)-1] {
		at = at[part].(map[string]any)
	}
	at[parts[len(parts)-1]] = value
}

func theReplacement(t *testing.T) *replacement {
	return &replacement{name: "pvc-1", before: mustRead(t, ofGlusterfs), after: mustRead(t, ofCSI), policy: v1.PersistentVolumeReclaimDelete, bound: "new"}
}

func TestARecordIsReadBack(t *testing.T) {
	r := theReplacement(t)
	configMap, err := r.written("gluster.org/glusterfs")
	if err != nil {
		t.Fatal(err)
	}
	back, err := replacementFrom(configMap)
	if err != nil {
		t.Fatal(err)
	}
	back.configMap = nil
	if !reflect.DeepEqual(back, r) {
		t.Errorf("got %+v, want %+v", back, r)
	}
}

func TestRecordsThatCannotBeRead(t *testing.T) {
	for key, value := range map[string]string{keyBefore: "{", keyAfter: "metadata: {name: other}", keyName: "", keyPolicy: "Keep"} {
		configMap, err := theReplacement(t).written("gluster.org/glusterfs")
		if err != nil {
			t.Fatal(err)
		}
		configMap.Namespace, configMap.Data[key] = "ours", value
		_, err = replacementFrom(configMap)
		if err == nil || !strings.Contains(err.Error(), "ConfigMap ours/"+configMap.Name) || !strings.Contains(err.Error(), "correct it") {
			t.Errorf("with %s %q: got %v, want the ConfigMap and what to do", key, value, err)
		}
	}
}

// TestWhatIsMade tells the PersistentVolume that was to come from those of others.
func TestWhatIsMade(t *testing.T) {
	for path, value := range map[string]any{
		"":                      nil,
		"metadata.uid":          "old",
		"spec.csi":              nil,
		"spec.claimRef.uid":     "another",
		"spec.csi.driver":       "other.example.com",
		"spec.csi.volumeHandle": "c1:v2",
	} {
		now := mustRead(t, ofCSI)
		set(now, "metadata.uid", "new")
		if path != "" {
			set(now, path, value)
		}
		pv, err := now.typed()
		if err != nil {
			t.Fatal(err)
		}
		r := theReplacement(t)
		if got := r.isMade(pv); got != (path == "") {
			t.Errorf("with %s %v it is the one: %t", path, value, got)
		}
		if got := r.replaces(pv); got != (value == "old") {
			t.Errorf("with %s %v it is the old one: %t", path, value, got)
		}
	}
}
