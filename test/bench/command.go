package bench

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// commandGrace is how long a command may take to end after its context did.
const commandGrace = 10 * time.Second

// Run runs a program to its end and returns its standard output. Its error
// carries the standard error. A nil environment is the bench's own.
func Run(ctx context.Context, environment []string, path string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, path, arguments...)
	command.Env = environment
	// SIGTERM, because a go command that is killed leaves its compilers behind.
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = commandGrace
	var problem bytes.Buffer
	command.Stderr = &problem
	output, err := command.Output()
	if err != nil {
		return output, fmt.Errorf("%s %s: %w: %s",
			filepath.Base(path), strings.Join(arguments, " "), err, strings.TrimSpace(problem.String()))
	}
	return output, nil
}
