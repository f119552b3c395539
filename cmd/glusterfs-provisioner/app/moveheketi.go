package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	cliflag "k8s.io/component-base/cli/flag"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/provisioner/moving"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// moveCommand is the argument that has PersistentVolumes follow a heketi.
const moveCommand = "move-heketi"

// moveBound is how long that may take. A thousand PersistentVolumes take some ten seconds.
const moveBound = 10 * time.Minute

var moveLine = commandline.Command{
	Name: name + " " + moveCommand,
	Usage: name + ` move-heketi writes where a heketi is now onto all PersistentVolumes that say where it
was, and into the journal. First it asks the heketi, at the new address and with the new key, whether
it has all of their volumes; if it lacks one, nothing is written. docs/moving.md tells more.

Usage:
  ` + name + ` move-heketi --from=URL --to=URL [--restuser=USER] [--secret=NAMESPACE/NAME] [--dry-run]

Exit status 0 if all has followed, or would follow, 1 if something was refused, and why. Classes
have to be made again by hand; those that name the old address are printed.
`,
}

// moveOptions is what the flags of the command move-heketi set.
type moveOptions struct {
	*Options
	From, To, User, Secret string
	DryRun                 bool
}

func (o *moveOptions) flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("move-heketi")
	fs.StringVar(&o.From, "from", "", "heketi's URL as the PersistentVolumes have it, in annotation "+volume.AnnotationURL+".")
	fs.StringVar(&o.To, "to", "", "heketi's URL now. The default is --from, for another user or Secret.")
	fs.StringVar(&o.User, "restuser", "", "heketi's user from now on. The default is the one that is recorded.")
	fs.StringVar(&o.Secret, "secret", "", "Secret with the user's key from now on, as namespace/name. The default is the one that is recorded.")
	fs.BoolVar(&o.DryRun, "dry-run", false, "Only tell what would follow, and write nothing.")
	o.nameFlag(groups.FlagSet("provisioner"))
	o.heketiFlags(groups.FlagSet("heketi"))
	o.kubernetesFlags(groups.FlagSet("kubernetes"))
	return groups
}

// move returns what is asked for, or all that is wrong with it, each with its remedy.
func (o *moveOptions) move() (moving.Move, error) {
	var problems []error
	move := moving.Move{User: o.User}
	if o.To == "" {
		o.To = o.From
	}
	for _, url := range []struct {
		flag, given string
		into        *string
	}{{"from", o.From, &move.From}, {"to", o.To, &move.To}} {
		var err error
		if *url.into, err = parameters.BaseURL(url.given); err != nil {
			problems = append(problems, fmt.Errorf("--%s=%s: %w", url.flag, url.given, err))
		}
	}
	if o.Secret != "" {
		var err error
		if move.Secret, err = volume.ParseSecretRef(o.Secret); err != nil {
			problems = append(problems, fmt.Errorf("--secret: %w", err))
		}
	}
	if len(problems) == 0 && move.From == move.To && o.User+o.Secret == "" {
		problems = append(problems, fmt.Errorf("--to=%s: it is the same as --from, so nothing would change; give --to, --restuser or --secret", o.To))
	}
	return move, errors.Join(problems...)
}

// moveMain is Main for the command move-heketi.
func moveMain(args []string, stdout, stderr io.Writer) int {
	options := &moveOptions{Options: NewOptions()}
	rest, done, err := moveLine.Parse(options.flags(), args, stdout)
	if done {
		return exitOK
	}
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("unexpected arguments %q; addresses are named by --from and --to", rest)
	}
	var move moving.Move
	if err == nil {
		move, err = options.move()
	}
	if err == nil {
		err = options.Validate()
	}
	if err != nil {
		return usageError(stderr, moveLine.Name, err)
	}
	return commandline.UntilSignalled(name, func(ctx context.Context) (int, error) { return statusOf(runMove(ctx, options, move, stdout)) }, stderr)
}

// runMove has all follow that is recorded, and prints what that was.
func runMove(ctx context.Context, options *moveOptions, move moving.Move, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, moveBound)
	defer cancel()
	worker, err := newCommandWorker(ctx, options.Options)
	if err != nil {
		return err
	}
	plan, err := worker.provisioner.Moving.Plan(ctx, move)
	if err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	tell(stdout, plan, move)
	if options.DryRun {
		fmt.Fprintln(stdout, "dry run: nothing was written")
		return nil
	}
	if err := worker.provisioner.Moving.Follow(ctx, move); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "all of them have followed")
	return nil
}

// tell prints what is to follow, and what a person has to do.
func tell(out io.Writer, plan *moving.Plan, move moving.Move) {
	for _, pv := range plan.PersistentVolumes {
		fmt.Fprintf(out, "PersistentVolume %s\n", pv)
	}
	for _, claim := range plan.Claims {
		fmt.Fprintf(out, "claim %s, whose volume is being made\n", claim)
	}
	fmt.Fprintf(out, "%d PersistentVolumes and %d volumes in the making, which heketi %s has\n", len(plan.PersistentVolumes), len(plan.Claims), move.To)
	if len(plan.Classes) > 0 {
		fmt.Fprintf(out, "these classes name heketi as it was, so make them again: %s\n", strings.Join(plan.Classes, ", "))
	}
}
