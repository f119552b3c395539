package client

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestScope has programs in the place of systemd-run: one that does as that does, and ones that
// never get so far.
func TestScope(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		want   error
		said   string
	}{
		"it makes a scope":                       {`sleep 0.05; exec "$@"`, nil, "mounted"},
		"it has no bus":                          {`echo Failed to connect to bus; exit 1`, errNoScope, "Failed to connect to bus"},
		"it hangs":                               {`sleep 60`, errNoScope, ""},
		"it makes a scope, and mounting fails":   {`exec sh -c 'echo mounted; exit 3'`, nil, "mounted"},
		"it makes a scope, and mounting is over": {`exec true`, nil, ""},
	} {
		// Not in the parallel part: a process that another test starts meanwhile has the file open for writing, and it cannot be run then.
		path := filepath.Join(t.TempDir(), scoping)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+test.script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			said, err := place{environment: os.Environ()}.run(t.Context(), []string{path, "echo", "mounted"}, awaitScope)
			if errors.Is(err, errNoScope) != (test.want != nil) || !strings.Contains(said, test.said) {
				t.Errorf("it ended with %v and said %q", err, said)
			}
			if took := time.Since(start); took > scopeBound+5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestMountingIsOverWhileSystemdHangs has the call end before systemd was waited for.
func TestMountingIsOverWhileSystemdHangs(t *testing.T) {
	path := filepath.Join(t.TempDir(), scoping)
	if err := os.WriteFile(path, []byte("#!/bin/sh\nsleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := (place{}).run(ctx, []string{path}, awaitScope); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

func TestStateOf(t *testing.T) {
	name, state, err := stateOf(os.Getpid())
	if err != nil || !strings.HasPrefix(filepath.Base(os.Args[0]), name) || state == 'Z' {
		t.Errorf("this process is %q in state %c, %v", name, state, err)
	}
	if _, _, err := stateOf(-1); err == nil {
		t.Error("there is a process -1")
	}
}
