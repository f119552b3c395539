package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// compileGrace is how long the go command may take to end after its context did.
const compileGrace = 10 * time.Second

// source is where a program comes from: a package, which the go command finds from a folder of the
// repository.
type source struct {
	folder, pkg string
}

// sources are those of the programs that are none of cmd/.
var sources = map[string]source{"heketi": {"keeper/heketi", "github.com/heketi/heketi"}}

func sourceOf(program string) source {
	if other, is := sources[program]; is {
		return other
	}
	return source{".", "./cmd/" + program}
}

// compile builds a program for a platform into a folder, and returns its path. Nothing of the environment
// that would change the program counts.
func (r release) compile(ctx context.Context, name, goVersion string, platform v1.Platform, folder string) (string, error) {
	toolchain := r.toolchain
	if toolchain == "" {
		toolchain = "go" + goVersion
	}
	program := filepath.Join(folder, name)
	from := sourceOf(name)
	command := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(r.root, from.folder),
		"-trimpath", "-buildvcs=false", "-ldflags", r.ldflags, "-o", program, from.pkg)
	command.Env = append(os.Environ(),
		"CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Architecture, "GOTOOLCHAIN="+toolchain,
		"GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off")
	// SIGTERM, because a go command that is killed leaves its compilers behind.
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = compileGrace
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("cannot compile %s for %s: %w: %s", name, platform, err, strings.TrimSpace(output.String()))
	}
	return program, nil
}
