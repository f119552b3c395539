package app

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/cmd/commandline"
)

const name = "heketi-keeper"

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

var command = commandline.Command{
	Name: name,
	Usage: name + ` runs heketi, keeps its database in Kubernetes, and is the only way to its API.

Usage:
  ` + name + ` --heketi-config=FILE --admin-key-file=FILE [flags]
`,
}

// Main runs the command with the given arguments and returns its exit status.
func Main(args []string, stdout, stderr io.Writer) int {
	options := NewOptions()
	done, err := parse(options, args, stdout)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "%s: %s; see %s --help\n", name, strings.ReplaceAll(err.Error(), "\n", "; "), name)
		return exitUsage
	case done:
		return exitOK
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err = Run(ctx, options)
	klog.Flush()
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return exitFailed
	}
	return exitOK
}

// parse reads the arguments into the options. It returns true when all that was
// asked for has been printed.
func parse(options *Options, args []string, stdout io.Writer) (done bool, err error) {
	rest, done, err := command.Parse(options.Flags(), args, stdout)
	if done || err != nil {
		return done, err
	}
	if len(rest) > 0 {
		return false, fmt.Errorf("unexpected arguments %q", rest)
	}
	if err := options.Validate(); err != nil {
		return false, err
	}
	return false, logsapi.ValidateAndApply(options.Logging, nil)
}
