package topologyfile

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/keeper/glustercluster"
)

// document is a GlusterCluster for kubectl apply.
type document struct {
	APIVersion string              `json:"apiVersion"`
	Kind       string              `json:"kind"`
	Metadata   map[string]string   `json:"metadata"`
	Spec       glustercluster.Spec `json:"spec"`
}

// Write returns objects as YAML. The only one gets the name; of several, each gets its number behind it.
func Write(specs []glustercluster.Spec, name string) (string, error) {
	var texts []string
	for i, spec := range specs {
		own := name
		if len(specs) > 1 {
			own = fmt.Sprintf("%s-%d", name, i+1)
		}
		text, err := yaml.Marshal(document{
			APIVersion: glustercluster.Resource.GroupVersion().String(), Kind: glustercluster.Kind,
			Metadata: map[string]string{"name": own}, Spec: spec,
		})
		if err != nil {
			return "", err
		}
		texts = append(texts, string(text))
	}
	return strings.Join(texts, "---\n"), nil
}
