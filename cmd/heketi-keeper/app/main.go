package app

import (
	"context"
	"io"
	"os"

	"glusterfs-provisioner/cmd/commandline"
)

const name = "heketi-keeper"

var command = commandline.Command{
	Name: name,
	Usage: name + ` runs heketi, keeps its database in Kubernetes, and is the only way to its API.

Usage:
  ` + name + ` --heketi-config=FILE --admin-key-file=FILE [flags]
  ` + name + ` import [flags] < FILE
                        save a database for the keeper that starts next, where nothing is saved; see
                        ` + name + ` import --help
`,
}

// Main runs the command with the given arguments and returns its exit status.
func Main(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == importCommand {
		return importMain(args[1:], os.Stdin, stdout, stderr)
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
