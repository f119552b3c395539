package app

import (
	"context"
	"fmt"
	"io"

	"glusterfs-provisioner/cmd/commandline"
)

const name = "glusterfs-host"

const usage = name + ` makes a Kubernetes node a host of GlusterFS.

Usage:
  ` + name + ` run [flags]         start the bricks and glusterd, and go on until a SIGTERM
`

// exitUsage is the exit status for a command that does not exist.
const exitUsage = 2

// Main runs the command with the given arguments and returns its exit status.
func Main(args []string, stdout, stderr io.Writer) int {
	verb, rest := "", args
	if len(args) > 0 {
		verb, rest = args[0], args[1:]
	}
	switch verb {
	case "run":
		return run(rest, stdout, stderr)
	case "--help", "-h":
		fmt.Fprint(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "%s: %q is no command of it\n%s", name, verb, usage)
	return exitUsage
}

func run(args []string, stdout, stderr io.Writer) int {
	command := commandline.Command{
		Name: name + " run",
		Usage: name + ` run starts the bricks and glusterd, and goes on until a SIGTERM.

Usage:
  ` + name + ` run [flags]
`,
	}
	options := NewOptions()
	start := func() (done bool, err error) { return command.Start(options, options.Logging, args, stdout) }
	return command.Serve(start, func(ctx context.Context) error { return Run(ctx, options) }, stderr)
}
