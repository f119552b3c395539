package bench

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Manifests returns the files that "kubectl apply -f deploy/" reads, in its order, but not
// the Deployment's: no node of the bench runs its pods.
func Manifests(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "deploy", "*.yaml"))
	if err != nil {
		return nil, err
	}
	without := slices.DeleteFunc(slices.Clone(files), func(file string) bool {
		return filepath.Base(file) == "20-deployment.yaml"
	})
	if len(without) != len(files)-1 {
		return nil, fmt.Errorf("deploy/ of %q has no 20-deployment.yaml", root)
	}
	return without, nil
}
