package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"glusterfs-provisioner/cmd/commandline"
)

const name = "glusterfs-provisioner"

// Exit statuses. Commands that look for something end with exitFound if they find it, and with
// exitUnknown if somebody could not be asked.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2

	exitFound   = 1
	exitUnknown = 2
)

// auditCommand is the argument that asks for an audit.
const auditCommand = "audit"

// separate are the commands that have flags of their own, by the argument that asks for
// them. That argument comes first.
var separate = map[string]func(args []string, stdout, stderr io.Writer) int{
	convertCommand:  convertMain,
	mendCommand:     mendMain,
	pvCommand:       pvMain,
	moveCommand:     moveMain,
	rebuildCommand:  rebuildMain,
	validateCommand: validateMain,
}

// Main runs the command with the given arguments and returns its exit status.
func Main(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && separate[args[0]] != nil {
		return separate[args[0]](args[1:], stdout, stderr)
	}
	options := NewOptions()
	done, err := parse(options, args, stdout)
	switch {
	case err != nil:
		return usageError(stderr, name, err)
	case done:
		return exitOK
	}
	return commandline.UntilSignalled(name, func(ctx context.Context) (int, error) {
		if options.Command == auditCommand {
			return runAudit(ctx, options, stdout)
		}
		return statusOf(Run(ctx, options))
	}, stderr)
}

var command = commandline.Command{
	Name: name,
	Usage: name + ` makes GlusterFS volumes, through heketi, for the claims of a Kubernetes cluster.

Usage:
  ` + name + ` [flags]        provision
  ` + name + ` audit [flags]  compare the heketis with Kubernetes, and report what one has and the
                                other lacks; exit status 0 if nothing, 1 if something, 2 if somebody
                                could not be asked
  ` + name + ` convert [flags] [PERSISTENTVOLUME...]
                                have PersistentVolumes be mounted in another way, without copying; see
                                ` + name + ` convert --help
  ` + name + ` pv [flags]     print the PersistentVolume of a volume that heketi has and Kubernetes
                                has not; see ` + name + ` pv --help
  ` + name + ` move-heketi [flags]
                                have PersistentVolumes follow a heketi that has another address, user
                                or Secret; see ` + name + ` move-heketi --help
  ` + name + ` validate -f FILE [flags]
                                tell whether StorageClasses, heketi's Secrets and claims are right
                                before they are applied; see ` + name + ` validate --help
  ` + name + ` mend [flags]   finish in heketi's database, from files, expansions that gluster has
                                finished; see ` + name + ` mend --help
  ` + name + ` rebuild [flags] FILE...
                                make a lost database of heketi again, from files of the storage hosts
                                and the PersistentVolumes; see ` + name + ` rebuild --help
`,
}

// usageError tells what is wrong with the arguments of a command, and returns the exit status.
func usageError(stderr io.Writer, command string, err error) int {
	fmt.Fprintf(stderr, "%s: %s; see %s --help\n", name, strings.ReplaceAll(err.Error(), "\n", "; "), command)
	return exitUsage
}

// statusOf is the exit status of a command that does what it is told or fails.
func statusOf(err error) (int, error) {
	if err != nil {
		return exitFailed, err
	}
	return exitOK, nil
}

// parse reads the arguments into the options. It returns true when all that was
// asked for has been printed.
func parse(options *Options, args []string, stdout io.Writer) (done bool, err error) {
	rest, done, err := command.Parse(options.Flags(), args, stdout)
	if done || err != nil {
		return done, err
	}
	if len(rest) > 1 || len(rest) == 1 && rest[0] != auditCommand {
		return false, fmt.Errorf("unexpected arguments %q; the commands are %s, %s; all but %s come before their flags",
			rest, auditCommand, strings.Join(slices.Sorted(maps.Keys(separate)), ", "), auditCommand)
	}
	if len(rest) == 1 {
		options.Command = rest[0]
	}
	if err := options.Validate(); err != nil {
		return false, err
	}
	return false, commandline.StartLogging(options.Logging)
}
