package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	cliflag "k8s.io/component-base/cli/flag"

	"glusterfs-provisioner/cmd/commandline"
)

// validateCommand is the argument that asks whether manifests are right.
const validateCommand = "validate"

// validateBound is how long that may take, with all heketis asked.
const validateBound = 10 * time.Minute

var validateLine = commandline.Command{
	Name: name + " " + validateCommand,
	Usage: name + ` validate tells whether StorageClasses of the provisioner, Secrets of heketis and
claims are right before they are applied. It reads files, and asks nobody but the heketis of the
classes, with --check. Other objects in the files are passed over.

Usage:
  ` + name + ` validate -f class.yaml
  kubectl kustomize storage/ | ` + name + ` validate -f -
  ` + name + ` validate -f class.yaml --check --kubeconfig=KUBECONFIG
  ` + name + ` validate -f class.yaml --check --key-file=FILE

Each line begins with file, line and object. Exit status 0 if all is right, 1 if something is
wrong, 2 if nothing is, but not everything could be read or asked.
`,
}

// validateOptions is what the flags of the command validate set.
type validateOptions struct {
	*Options
	Files   []string
	Check   bool
	KeyFile string
}

func (o *validateOptions) flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("validate")
	fs.StringArrayVarP(&o.Files, "filename", "f", nil, "File with YAML documents, or - for standard input. May be given several times: a class finds its Secret in any of the files.")
	fs.BoolVar(&o.Check, "check", false, "Ask the heketi of each class, too, whether it could make volumes: key, clock, certificate, clusters, room. The key comes from the class's Secret, in the files or in the cluster, or from --key-file.")
	fs.StringVar(&o.KeyFile, "key-file", "", "File with the key of heketi's user, in place of the Secrets, with --check. A line break at its end does not count.")
	o.nameFlag(groups.FlagSet("provisioner"))
	o.heketiFlags(groups.FlagSet("heketi"))
	o.kubernetesFlags(groups.FlagSet("kubernetes"))
	return groups
}

// validate returns all that is wrong with the options, each with its remedy.
func (o *validateOptions) validate() error {
	problems := []error{o.Validate()}
	if len(o.Files) == 0 {
		problems = append(problems, errors.New("--filename is not set; name a file with -f, or give -f - for standard input"))
	}
	if o.KeyFile != "" && !o.Check {
		problems = append(problems, fmt.Errorf("--key-file=%s: no key is needed if heketi is not asked; give --check, too", o.KeyFile))
	}
	return errors.Join(problems...)
}

// validateMain is Main for the command validate.
func validateMain(args []string, stdout, stderr io.Writer) int {
	options := &validateOptions{Options: NewOptions()}
	rest, done, err := validateLine.Parse(options.flags(), args, stdout)
	switch {
	case done:
		return exitOK
	case err == nil && len(rest) > 0:
		err = fmt.Errorf("unexpected arguments %q; files are named by -f", rest)
	case err == nil:
		err = options.validate()
	}
	if err != nil {
		return usageError(stderr, validateLine.Name, err)
	}
	return commandline.UntilSignalled(name, func(ctx context.Context) (int, error) { return runValidate(ctx, options, os.Stdin, stdout) }, stderr)
}

// runValidate reads the files and prints what is to be said of them. It returns the command's
// exit status.
func runValidate(ctx context.Context, options *validateOptions, stdin io.Reader, stdout io.Writer) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, validateBound)
	defer cancel()
	found, err := readManifests(options.Files, stdin)
	if err != nil {
		return exitUnknown, err
	}
	keys, err := newKeys(options, found)
	if err != nil {
		return exitUnknown, err
	}
	judgement := newJudgement(options, found, keys, stdout)
	for _, object := range found {
		judgement.judge(ctx, object)
	}
	return judgement.status()
}
