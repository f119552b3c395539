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
  ` + name + ` preflight [flags]   tell whether the node can be one; nothing is written
  ` + name + ` run [flags]         start the bricks and glusterd, and go on until a SIGTERM

Each has --help.
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
	case "preflight":
		return preflightOnly(rest, stdout, stderr)
	case "--help", "-h":
		fmt.Fprint(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "%s: %q is no command of it\n%s", name, verb, usage)
	return exitUsage
}

// command returns a verb as a command.
func command(verb, does string) commandline.Command {
	return commandline.Command{
		Name:  name + " " + verb,
		Usage: fmt.Sprintf("%s %s %s\n\nUsage:\n  %s %s [flags]\n", name, verb, does, name, verb),
	}
}

func run(args []string, stdout, stderr io.Writer) int {
	run := command("run", "starts the bricks and glusterd, and goes on until a SIGTERM.")
	options := NewOptions()
	start := func() (done bool, err error) { return run.Start(options, options.Logging, args, stdout) }
	return run.Serve(start, func(ctx context.Context) error { return Run(ctx, options) }, stderr)
}

func preflightOnly(args []string, stdout, stderr io.Writer) int {
	look := command("preflight", "tells whether the node can be a host of GlusterFS. Nothing is written.")
	options := NewPreflightOptions()
	start := func() (done bool, err error) { return look.Start(options, options.Logging, args, stdout) }
	return look.Serve(start, func(ctx context.Context) error { return Preflight(ctx, options, stdout) }, stderr)
}
