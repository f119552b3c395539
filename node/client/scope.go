package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Slice is the slice of systemd that has the scopes of the clients.
const Slice = "glusterfs-csi.slice"

const (
	// scoping is the program that makes a scope, and then becomes what it is to run.
	scoping = "systemd-run"
	// scopeBound is how long systemd may take to make a scope.
	scopeBound = 5 * time.Second
	// scopeLook is how often the program is looked at meanwhile.
	scopeLook = 10 * time.Millisecond
)

// errNoScope is of a systemd that makes no scopes: its bus does not answer, or it does not
// know an option.
var errNoScope = errors.New("systemd has made no scope")

// scope is a command that runs what follows in a scope of its own, if there is a systemd.
// Otherwise it is nil. A scope that fails, as with an out-of-memory killer, does not stay.
func (c *Client) scope(search search, description string) []string {
	// See sd_booted(3).
	if info, err := os.Lstat("/run/systemd/system"); err != nil || !info.IsDir() {
		return nil
	}
	path, found := search.look(scoping)
	if !found {
		return nil
	}
	command := []string{path, "--scope", "--quiet", "--collect", "--slice=" + Slice, "--description=" + description}
	if c.options.MemoryMax > 0 {
		command = append(command, fmt.Sprintf("--property=MemoryMax=%d", c.options.MemoryMax))
	}
	return append(command, "--")
}

// awaitScope waits until a process has become what it is to run in its scope. Otherwise the
// error is errNoScope.
func awaitScope(ctx context.Context, process int) error {
	ctx, cancel := context.WithTimeout(ctx, scopeBound)
	defer cancel()
	look := time.NewTicker(scopeLook)
	defer look.Stop()
	for {
		// A process that has ended keeps its name until its parent has taken notice.
		name, state, err := stateOf(process)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", errNoScope, err)
		case name != scoping:
			return nil
		case state == 'Z':
			return fmt.Errorf("%w: %s has ended without", errNoScope, scoping)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("%w within %v", errNoScope, scopeBound)
		}
	}
}

// stateOf reads the name and the state of a process, see proc(5).
func stateOf(process int) (name string, state byte, err error) {
	path := fmt.Sprintf("/proc/%d/stat", process)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", 0, err
	}
	begin, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if begin < 0 || end < begin || len(text) < end+3 {
		return "", 0, fmt.Errorf("%s has %q", path, text)
	}
	return string(text[begin+1 : end]), text[end+2], nil
}
