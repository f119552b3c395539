package app

import (
	"errors"
	"fmt"
	"io"
	"os"

	cliflag "k8s.io/component-base/cli/flag"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/mend"
)

// mendCommand is the argument that asks for mending.
const mendCommand = "mend"

var mendLine = commandline.Command{
	Name: name + " " + mendCommand,
	Usage: name + ` mend finishes, in heketi's database, the expansions that heketi was interrupted in
and of which gluster has all bricks. It reads two files and writes a third, and asks nobody. heketi
must be stopped before the two are made, and until the third has become its database.

Usage:
  heketi offline state examine gluster --config=/etc/heketi/heketi.json > gluster.json
  heketi db export --dbfile=heketi.db --jsonfile=before.json
  ` + name + ` mend --database=before.json --gluster=gluster.json --output=after.json
  heketi db import --jsonfile=after.json --dbfile=new.db

Exit status 0 if the file was written or nothing is to be mended, 1 if something was refused, and
then nothing is written. docs/mending.md tells the whole way.
`,
}

// mendOptions is what the flags of the command mend set.
type mendOptions struct {
	// Database and Gluster are the files that are read, Output the one that is written.
	Database, Gluster, Output string
	DryRun                    bool
}

func (o *mendOptions) flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("mend")
	fs.StringVar(&o.Database, "database", "", "File with heketi's database, as \"heketi db export\" wrote it.")
	fs.StringVar(&o.Gluster, "gluster", "", "File with what \"heketi offline state examine gluster\" printed, or \"heketi-cli server state examine gluster\".")
	fs.StringVar(&o.Output, "output", "", "File to write the mended database to, for \"heketi db import\". It must not exist.")
	fs.BoolVar(&o.DryRun, "dry-run", false, "Only tell what would be done, and write nothing. --output may be left out then.")
	return groups
}

// validate returns all that is wrong with the options, each with its remedy.
func (o *mendOptions) validate() error {
	var problems []error
	if o.Database == "" {
		problems = append(problems, errors.New("--database is not set; name the file that \"heketi db export\" wrote"))
	}
	if o.Gluster == "" {
		problems = append(problems, errors.New("--gluster is not set; name the file with what \"heketi offline state examine gluster\" printed"))
	}
	if o.Output == "" && !o.DryRun {
		problems = append(problems, errors.New("--output is not set; name a new file for the mended database, or set --dry-run"))
	}
	return errors.Join(problems...)
}

// mendMain is Main for the command mend.
func mendMain(args []string, stdout, stderr io.Writer) int {
	var options mendOptions
	rest, done, err := mendLine.Parse(options.flags(), args, stdout)
	switch {
	case done:
		return exitOK
	case err == nil && len(rest) > 0:
		err = fmt.Errorf("unexpected arguments %q; files are named by flags", rest)
	case err == nil:
		err = options.validate()
	}
	if err != nil {
		return usageError(stderr, mendLine.Name, err)
	}
	if err := runMend(options, stdout); err != nil {
		return wroteNothing(stderr, err)
	}
	return exitOK
}

// runMend mends, and prints what was done. An error may have several lines; nothing is
// written then.
func runMend(options mendOptions, stdout io.Writer) error {
	if err := checkNew(options.Output); err != nil {
		return err
	}
	text, err := os.ReadFile(options.Database)
	if err != nil {
		return fmt.Errorf("--database=%s: %w", options.Database, err)
	}
	database, err := mend.Read(text)
	if err != nil {
		return fmt.Errorf("--database=%s: %w", options.Database, err)
	}
	printed, err := os.ReadFile(options.Gluster)
	if err != nil {
		return fmt.Errorf("--gluster=%s: %w", options.Gluster, err)
	}
	view, err := gluster.ParsePrinted(printed)
	if err != nil {
		return fmt.Errorf("--gluster=%s: it is not what \"heketi offline state examine gluster\" prints: %w", options.Gluster, err)
	}
	result, err := database.Mend(view)
	if err != nil {
		return err
	}
	if result.Database != nil && !options.DryRun {
		if err := writeNew(options.Output, result.Database); err != nil {
			return fmt.Errorf("--output=%s: %w", options.Output, err)
		}
	}
	fmt.Fprint(stdout, result)
	switch {
	case result.Database == nil:
	case options.DryRun:
		fmt.Fprintln(stdout, "dry run: nothing was written")
	default:
		fmt.Fprintf(stdout, "written: %s; make a new database of it with: heketi db import --jsonfile=%s --dbfile=new.db\n", options.Output, options.Output)
	}
	return nil
}
