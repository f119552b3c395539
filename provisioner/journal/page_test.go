package journal

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apimachinery/pkg/util/validation"
)

func TestTheConfigMap(t *testing.T) {
	got := newConfigMap(provisioner, map[string]string{"c1": entryText})
	want := &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "glusterfs-journal-" + labelOf("gluster.org/glusterfs"),
			Labels:      map[string]string{"gluster.org/journal-of": labelOf("gluster.org/glusterfs")},
			Annotations: map[string]string{"gluster.org/provisioner": "gluster.org/glusterfs"},
		},
		Data: map[string]string{"c1": entryText},
	}
	if !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("it differs from what is wanted:\n%s", diff.ObjectReflectDiff(got, want))
	}
}

// Whatever may be a provisioner's name must do for the label and the ConfigMap's name.
func TestTheLabelHoldsEveryProvisionersName(t *testing.T) {
	for _, name := range []string{
		"gluster.org/glusterfs",
		"glusterfs",
		"example.com/Gluster_FS.2",
		"storage.glusterfs.team-a.clusters.example-corporation.internal/glusterfs",
		strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "/" + strings.Repeat("c", 63),
	} {
		if said := validation.IsQualifiedName(name); len(said) > 0 {
			t.Errorf("%q is no provisioner's name: %s", name, said)
		}
		if said := validation.IsValidLabelValue(labelOf(name)); len(said) > 0 {
			t.Errorf("provisioner %q: the API server refuses the label %q: %s", name, labelOf(name), said)
		}
		if said := validation.IsDNS1123Subdomain(configMapName(name)); len(said) > 0 {
			t.Errorf("provisioner %q: the API server refuses the name %q: %s", name, configMapName(name), said)
		}
	}
}

func TestApply(t *testing.T) {
	type entries = map[string]string
	for what, test := range map[string]struct {
		before  entries
		changes changes
		after   entries
		due     bool
	}{
		"nothing":                      {nil, changes{}, entries{}, false},
		"the first":                    {nil, changes{"a": "1"}, entries{"a": "1"}, true},
		"one more":                     {entries{"a": "1"}, changes{"b": "2"}, entries{"a": "1", "b": "2"}, true},
		"another text":                 {entries{"a": "1"}, changes{"a": "2"}, entries{"a": "2"}, true},
		"the same, which may be gone":  {entries{"a": "1"}, changes{"a": "1"}, entries{"a": "1"}, true},
		"the last is removed":          {entries{"a": "1"}, changes{"a": ""}, entries{}, true},
		"what is not there is removed": {entries{"a": "1"}, changes{"b": ""}, entries{"a": "1"}, false},
		"all of it":                    {entries{"a": "1", "b": "2"}, changes{"a": "", "b": "3", "c": "4"}, entries{"b": "3", "c": "4"}, true},
	} {
		before := maps.Clone(test.before)
		after, refused, due := test.changes.apply(test.before)
		if !maps.Equal(after, test.after) || due != test.due || len(refused) > 0 {
			t.Errorf("%s: got %v, refused %v, due %v", what, after, refused, due)
		}
		if !maps.Equal(before, test.before) {
			t.Errorf("%s: what is known was changed to %v", what, test.before)
		}
	}
}

func TestApplyRefusesWhatThereIsNoRoomFor(t *testing.T) {
	half := strings.Repeat("x", sizeLimit/2)
	before := map[string]string{"a": half, "b": half[:100]}
	after, refused, due := changes{"b": half, "c": half[:sizeLimit/2-200]}.apply(before)
	if refused["b"] == nil || len(refused) != 1 || !due || after["b"] != before["b"] || after["c"] == "" {
		t.Errorf("due is %v, refused is %v, and the sizes are %s", due, refused, sizesOf(after))
	}
	if !strings.Contains(refused["b"].Error(), "2 volumes are in the making") {
		t.Errorf("got %q", refused["b"])
	}
	after, refused, _ = changes{"a": "", "b": half}.apply(before)
	if len(refused) > 0 || after["b"] != half {
		t.Errorf("with the room of what is removed: refused %v, sizes %s", refused, sizesOf(after))
	}
}

func sizesOf(entries map[string]string) (said string) {
	for claim, text := range entries {
		said += fmt.Sprintf("%s %d ", claim, len(text))
	}
	return said
}
