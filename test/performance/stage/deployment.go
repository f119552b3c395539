package stage

import (
	"errors"
	"os"
	"path/filepath"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"glusterfs-provisioner/test/bench"
)

// MemoryLimit returns how much memory, in bytes, the Deployment in deploy/ allows the
// provisioner.
func MemoryLimit() (int64, error) {
	root, err := bench.Root(".")
	if err != nil {
		return 0, err
	}
	file, err := os.Open(filepath.Join(root, "deploy", "20-deployment.yaml"))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	// It is the first object of the file.
	var deployment appsv1.Deployment
	if err := yaml.NewYAMLOrJSONDecoder(file, 4096).Decode(&deployment); err != nil {
		return 0, err
	}
	for _, container := range deployment.Spec.Template.Spec.Containers {
		if limit := container.Resources.Limits.Memory().Value(); limit > 0 {
			return limit, nil
		}
	}
	return 0, errors.New("the Deployment in deploy/ limits no memory")
}
