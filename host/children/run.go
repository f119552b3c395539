package children

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

const (
	// outputBound is how long a command's output is read on after its end: a daemon that it has started may hold it open.
	outputBound = 5 * time.Second
	// killedBound is how long the kernel may take to end a command that was killed, and to have its output read.
	killedBound = outputBound + time.Second
)

// ErrStuck is why a command is not waited for any longer that was killed and does not end: the kernel waits for something,
// mostly for a disk that does not answer.
var ErrStuck = errors.New("it was killed and does not end; the kernel waits, mostly for a disk that does not answer")

// Run runs a command to its end and returns what it printed. The error has it, too, shortened. When the context ends,
// the command is killed; if that does not end it, the error is ErrStuck.
func (c *Children) Run(ctx context.Context, name string, args ...string) (string, error) {
	var output strings.Builder
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout, command.Stderr, command.WaitDelay = &output, &output, outputBound
	wait, err := c.Start(command)
	if err == nil {
		ended := make(chan struct{})
		var result error
		go func() {
			defer close(ended)
			result = wait()
		}()
		if !endsIn(ctx, ended) {
			return "", fmt.Errorf("%s: %w", strings.Join(command.Args, " "), ErrStuck)
		}
		err = result
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // It has succeeded, and a daemon that it has started holds its output open.
	}
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, ctx.Err())
		}
		return output.String(), fmt.Errorf("%s: %w: %.500s", strings.Join(command.Args, " "), err, strings.TrimSpace(output.String()))
	}
	return output.String(), nil
}

// endsIn waits for the end of a command, which is killed when the context ends, and returns whether it came in time.
func endsIn(ctx context.Context, ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	case <-ctx.Done():
	}
	select {
	case <-ended:
		return true
	case <-time.After(killedBound):
		return false
	}
}
