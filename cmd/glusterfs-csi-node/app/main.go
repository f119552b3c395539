package app

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/node/questions"
)

const name = "glusterfs-csi-node"

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

var command = commandline.Command{
	Name: name,
	Usage: name + ` mounts GlusterFS volumes on a node of a Kubernetes cluster, for its kubelet.

Usage:
  ` + name + ` [flags]
`,
}

// Main runs the command with the given arguments and returns its exit status.
func Main(args []string, stdout, stderr io.Writer) int {
	if slices.Equal(args, []string{questions.Argument}) {
		return questions.Serve()
	}
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
	return false, commandline.StartLogging(options.Logging)
}
