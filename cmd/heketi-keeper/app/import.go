package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/client-go/kubernetes"
	cliflag "k8s.io/component-base/cli/flag"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/keeper"
)

// importCommand is the argument that asks for a database to be saved.
const importCommand = "import"

var importLine = commandline.Command{
	Name: name + " " + importCommand,
	Usage: name + ` import reads a database of heketi from its standard input, in the JSON of "heketi db
export" or of "glusterfs-provisioner rebuild", and saves it for the keeper that starts next. It
replaces nothing: where a database is saved, or was, it says what to do, and saves nothing.

Usage:
  ` + name + ` import [flags] < rebuilt.json
`,
}

// importOptions is what the flags of the command import set: some of those of the keeper.
type importOptions struct{ *Options }

// Flags returns the flags in groups, bound to the options.
func (o importOptions) Flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("import")
	all := o.Options.Flags()
	for _, group := range []string{"heketi", "database", "kubernetes"} {
		for _, flag := range []string{"heketi", "dir", "name", "namespace", "kubeconfig"} {
			if found := all.FlagSets[group].Lookup(flag); found != nil {
				fs.AddFlag(found)
			}
		}
	}
	return groups
}

// Validate returns what is wrong with the options.
func (o importOptions) Validate() error {
	if o.Namespace == "" {
		return errors.New("--namespace is empty; name the keeper's")
	}
	return nil
}

// importMain is Main for the command import.
func importMain(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	options := importOptions{NewOptions()}
	line := importLine
	start := func() (done bool, err error) { return line.Start(options, options.Logging, args, stdout) }
	return line.Serve(start, func(ctx context.Context) error { return runImport(ctx, options.Options, stdin, stdout) }, stderr)
}

// runImport saves the database that it reads.
func runImport(ctx context.Context, options *Options, stdin io.Reader, stdout io.Writer) error {
	text, err := io.ReadAll(stdin)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(options.Heketi.Dir, 0o700); err != nil {
		return fmt.Errorf("--dir=%s: %w", options.Heketi.Dir, err)
	}
	config, err := restConfig(options)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	saved, err := keeper.Import(ctx, keeper.ImportConfig{
		Client: client, Namespace: options.Namespace, Name: options.databaseName(), Heketi: options.Heketi,
	}, text)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "saved in Secret %s/%s: a database of %d bytes, from which the next keeper starts\n", options.Namespace, options.databaseName(), saved.Size)
	return nil
}
