package app

import (
	"context"
	"io"
	"slices"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/node/questions"
)

const name = "glusterfs-csi-node"

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
	start := func() (done bool, err error) { return parse(options, args, stdout) }
	return command.Serve(start, func(ctx context.Context) error { return Run(ctx, options) }, stderr)
}

// parse reads the arguments into the options. It returns true when all that was
// asked for has been printed.
func parse(options *Options, args []string, stdout io.Writer) (done bool, err error) {
	return command.Start(options, options.Logging, args, stdout)
}
