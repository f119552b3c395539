package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/provisioner/conversion"
	"glusterfs-provisioner/provisioner/volume"
)

// convertCommand is the argument that asks for conversions.
const convertCommand = "convert"

// convertBound is how long that may take. Each PersistentVolume takes some requests to the API
// server and one to heketi, and the leader converts them later.
const convertBound = 30 * time.Minute

var convertLine = commandline.Command{
	Name: name + " " + convertCommand,
	Usage: name + ` convert asks the leader to give PersistentVolumes another kind of source, which it does one
after the other while the claims stay bound, and lists which cannot be converted and why. No data is
touched. docs/moving.md tells the whole way.

Usage:
  ` + name + ` convert --to=csi --dry-run --all
  ` + name + ` convert --to=csi --class=slow
  ` + name + ` convert --to=csi --selector=app=gallery
  ` + name + ` convert --to=glusterfs pvc-11111111-2222-3333-4444-555555555555

Exit status 0 if all that are selected can be converted or are already, 1 if one cannot, 2 if
somebody could not be asked.
`,
}

// convertOptions is what the flags of the command convert set.
type convertOptions struct {
	*Options
	To              string
	Class, Selector string
	All, DryRun     bool
	// Names are the PersistentVolumes that are named.
	Names []string
}

func (o *convertOptions) flags() cliflag.NamedFlagSets {
	all := o.Flags()
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("convert")
	fs.StringVar(&o.To, "to", "", "The kind of source that the PersistentVolumes are to have: csi or glusterfs.")
	fs.BoolVar(&o.DryRun, "dry-run", false, "Only list what would be converted and what would not, and why.")
	fs.BoolVar(&o.All, "all", false, "Convert all PersistentVolumes of the provisioner, and those of kubernetes.io/glusterfs and gluster.org/glusterfile, which become its own.")
	fs.StringVar(&o.Class, "class", "", "Convert those of this StorageClass.")
	fs.StringVarP(&o.Selector, "selector", "l", "", "Convert those with these labels, as kubectl takes them.")
	fs.AddFlag(all.FlagSets["provisioning"].Lookup("provisioner-name"))
	for _, kept := range []string{"heketi", "kubernetes", "logging"} {
		groups.FlagSet(kept).AddFlagSet(all.FlagSets[kept])
	}
	return groups
}

// validate returns all that is wrong with the options, each with its remedy.
func (o *convertOptions) validate() error {
	problems := []error{o.Validate()}
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if to := volume.Source(o.To); to != volume.CSI && to != volume.Glusterfs {
		wrong("--to=%s: must be %s or %s", o.To, volume.CSI, volume.Glusterfs)
	}
	if _, err := labels.Parse(o.Selector); err != nil {
		wrong("--selector=%s: %w", o.Selector, err)
	}
	switch selects := o.Class != "" || o.Selector != ""; {
	case o.All && (selects || len(o.Names) > 0):
		wrong("--all is set together with --class, --selector or names; use one or the other")
	case selects && len(o.Names) > 0:
		wrong("PersistentVolumes are named together with --class or --selector; use one or the other")
	case !o.All && !selects && len(o.Names) == 0:
		wrong("nothing is selected; name PersistentVolumes, or set --class, --selector or --all")
	}
	return errors.Join(problems...)
}

// convertMain is Main for the command convert.
func convertMain(args []string, stdout, stderr io.Writer) int {
	options := convertOptions{Options: NewOptions()}
	var done bool
	var err error
	options.Names, done, err = convertLine.Parse(options.flags(), args, stdout)
	switch {
	case done:
		return exitOK
	case err == nil:
		err = errors.Join(options.validate(), logsapi.ValidateAndApply(options.Logging, nil))
	}
	if err != nil {
		return usageError(stderr, convertLine.Name, err)
	}
	return commandline.UntilSignalled(name, func(ctx context.Context) (int, error) { return runConvert(ctx, options, stdout) }, stderr)
}

// runConvert looks at the PersistentVolumes that are selected, marks those that can be
// converted, and lists all. It returns the command's exit status.
func runConvert(ctx context.Context, options convertOptions, out io.Writer) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, convertBound)
	defer cancel()
	worker, err := newCommandWorker(ctx, options.Options)
	if err != nil {
		return exitUnknown, err
	}
	selected, err := options.selected(ctx, worker.provisioner.Client)
	if err != nil {
		return exitUnknown, err
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "PERSISTENTVOLUME\tCLAIM\tSOURCE\tRESULT")
	for _, pv := range selected {
		if ctx.Err() != nil {
			return exitUnknown, errors.Join(fmt.Errorf("ended before PersistentVolume %s was looked at: %w", pv.Name, context.Cause(ctx)), table.Flush())
		}
		problem := options.careful(&pv)
		if problem == nil {
			problem = worker.provisioner.Conversions.Examine(ctx, pv.Name, volume.Source(options.To))
		}
		said := options.resultOf(problem)
		if said == resultAsked {
			if err := mark(ctx, worker.provisioner.Client, pv.Name, options.To); err != nil {
				said = err.Error()
			}
		}
		if said != resultAsked && said != resultWould && said != resultAlready {
			status = exitFound
			said = "no: " + strings.ReplaceAll(said, "\n", "; ")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", pv.Name, claimNameOf(&pv), cmp.Or(string(volume.SourceOf(&pv)), "another"), said)
	}
	return status, table.Flush()
}

// The results that are no failures.
const (
	resultAsked   = "the leader is asked to convert it"
	resultWould   = "it would be converted"
	resultAlready = "it is that already"
)

// resultOf returns what is said of a PersistentVolume that was looked at.
func (o *convertOptions) resultOf(err error) string {
	switch {
	case errors.Is(err, conversion.ErrConverted):
		return resultAlready
	case err != nil:
		return err.Error()
	case o.DryRun:
		return resultWould
	}
	return resultAsked
}

// careful refuses a PersistentVolume whose volume would be deleted, since its claim is gone,
// unless it is named.
func (o *convertOptions) careful(pv *v1.PersistentVolume) error {
	if len(o.Names) > 0 || !volume.IsOfPredecessor(pv) || !volume.IsGoing(pv) {
		return nil
	}
	return fmt.Errorf("it is %s with reclaim policy %s, so once it is taken over, its volume is deleted; name it to have that done, or set the policy to Retain to keep the data", pv.Status.Phase, pv.Spec.PersistentVolumeReclaimPolicy)
}

// selected returns the PersistentVolumes that are selected, by name.
func (o *convertOptions) selected(ctx context.Context, client kubernetes.Interface) ([]v1.PersistentVolume, error) {
	list, err := client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{LabelSelector: o.Selector})
	if err != nil {
		return nil, fmt.Errorf("cannot list PersistentVolumes: %w", err)
	}
	missing := slices.Clone(o.Names)
	selected := slices.DeleteFunc(list.Items, func(pv v1.PersistentVolume) bool {
		if len(o.Names) > 0 {
			missing = slices.DeleteFunc(missing, func(name string) bool { return name == pv.Name })
			return !slices.Contains(o.Names, pv.Name)
		}
		return o.Class != "" && pv.Spec.StorageClassName != o.Class || o.All && !volume.IsMadeBy(&pv, o.ProvisionerName) && !volume.IsOfPredecessor(&pv)
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("there is no PersistentVolume %s", strings.Join(missing, ", "))
	}
	slices.SortFunc(selected, func(a, b v1.PersistentVolume) int { return cmp.Compare(a.Name, b.Name) })
	return selected, nil
}

// claimNameOf returns namespace and name of a PersistentVolume's claim.
func claimNameOf(pv *v1.PersistentVolume) string {
	if pv.Spec.ClaimRef == nil {
		return "none"
	}
	return pv.Spec.ClaimRef.Namespace + "/" + pv.Spec.ClaimRef.Name
}

// mark has the leader convert a PersistentVolume.
func mark(ctx context.Context, client kubernetes.Interface, pv, to string) error {
	if err := conversion.Mark(ctx, client, pv, volume.Source(to)); err != nil {
		return fmt.Errorf("annotation %s cannot be written: %w", volume.AnnotationConvertTo, err)
	}
	return nil
}
