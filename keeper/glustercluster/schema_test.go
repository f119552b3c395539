package glustercluster

import (
	"testing"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/deploy"
)

// property is a field of a schema, and those below it.
type property struct {
	Description string              `json:"description"`
	Properties  map[string]property `json:"properties"`
	Items       *property           `json:"items"`
}

// TestExplainTellsOfEachField has each field described, for "kubectl explain glustercluster".
func TestExplainTellsOfEachField(t *testing.T) {
	text, err := deploy.Options.ReadFile("glusterfs/10-glusterclusters.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var definition struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					Schema property `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	for _, version := range definition.Spec.Versions {
		object := version.Schema.Schema
		for _, name := range []string{"spec", "status"} {
			expectDescribed(t, name, object.Properties[name])
		}
	}
}

func expectDescribed(t *testing.T, path string, field property) {
	t.Helper()
	if field.Description == "" {
		t.Errorf("%s has no description", path)
	}
	below := field.Properties
	if field.Items != nil {
		below = field.Items.Properties
	}
	for name, child := range below {
		expectDescribed(t, path+"."+name, child)
	}
}
