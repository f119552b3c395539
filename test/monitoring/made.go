package monitoring

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"glusterfs-provisioner/test/bench"
)

// Made returns what those files of the folder have to have that are made of others, by their
// names. Root is the repository's.
func Made(ctx context.Context, root string) (map[string][]byte, error) {
	rules, err := os.ReadFile(filepath.Join(root, Folder, RulesFile))
	if err != nil {
		return nil, err
	}
	// The program is a module of its own, so that the provisioner's has nothing of Grafana's.
	dashboard, err := bench.Run(ctx, append(os.Environ(), "GOWORK=off"), "go", "-C", filepath.Join(root, "test", "modules", "dashboard"), "run", ".")
	if err != nil {
		return nil, fmt.Errorf("cannot make the dashboard: %w", err)
	}
	return map[string][]byte{RuleObject: RuleObjectOf(rules), DashboardFile: dashboard}, nil
}
