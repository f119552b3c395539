package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// BuildRacing builds a program of cmd/ with the race detector, and returns its file.
func BuildRacing(ctx context.Context, root, program string) (string, error) {
	binary := filepath.Join(root, "bin", "test", program)
	build := exec.CommandContext(ctx, "go", "build", "-race", "-o", binary, "./cmd/"+program)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", build, err, output)
	}
	return binary, nil
}
