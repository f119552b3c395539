package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	cliflag "k8s.io/component-base/cli/flag"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/provisioner/static"
	"glusterfs-provisioner/provisioner/volume"
)

// pvCommand is the argument that asks for the PersistentVolume of a volume.
const pvCommand = "pv"

// pvBound is how long that may take.
const pvBound = 2 * time.Minute

var pvLine = commandline.Command{
	Name: name + " " + pvCommand,
	Usage: name + ` pv prints, for kubectl apply, the PersistentVolume of a volume that heketi has and Kubernetes
has not, with what lists its storage hosts. It writes nothing by itself. The volume's files stay as
they are. docs/static-volumes.md tells more.

Usage:
  ` + name + ` pv --volume=ID|NAME --class=CLASS [--claim=NAMESPACE/NAME] [flags] | kubectl apply -f -
  ` + name + ` pv --volume=ID|NAME --resturl=URL [--restuser=USER --secret=NAMESPACE/NAME] [flags] | kubectl apply -f -

Exit status 0 if it was printed, 1 if the volume cannot have a PersistentVolume, and why.
`,
}

// pvOptions is what the flags of the command pv set.
type pvOptions struct {
	*Options
	Volume, Class, URL, User, Secret   string
	Name, Claim, Source, ReclaimPolicy string
	AccessModes, MountOptions          []string
}

func newPVOptions() *pvOptions {
	return &pvOptions{Options: NewOptions(), ReclaimPolicy: string(v1.PersistentVolumeReclaimRetain), Source: "auto"}
}

func (o *pvOptions) flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("volume")
	fs.StringVar(&o.Volume, "volume", "", "heketi's id of the volume, or its name.")
	fs.StringVar(&o.Class, "class", "", "StorageClass that names the heketi. The PersistentVolume gets its name and its mount options.")
	fs.StringVar(&o.URL, "resturl", "", "heketi's URL, in place of --class.")
	fs.StringVar(&o.User, "restuser", "", "heketi's user, with --resturl.")
	fs.StringVar(&o.Secret, "secret", "", "Secret with the user's key, as namespace/name, with --resturl.")
	fs = groups.FlagSet("PersistentVolume")
	fs.StringVar(&o.Name, "name", "", "Its name. The default is the one that the claim waits for, or the volume's own.")
	fs.StringVar(&o.Claim, "claim", "", "Claim that it is for, as namespace/name, which need not exist yet. Without one, any claim of the class may get it.")
	fs.StringVar(&o.Source, "source", o.Source, "What mounts it: glusterfs, csi, or auto for what the class says or the cluster has.")
	fs.StringSliceVar(&o.AccessModes, "access-modes", nil, "Its access modes, such as ReadWriteMany. The default is the claim's, or all but ReadWriteOncePod.")
	fs.StringVar(&o.ReclaimPolicy, "reclaim-policy", o.ReclaimPolicy, "What becomes of the volume when its claim goes: Retain or Delete.")
	fs.StringSliceVar(&o.MountOptions, "mount-options", nil, "Its mount options. The default is the class's.")
	fs = groups.FlagSet("provisioner")
	o.nameFlag(fs)
	o.heketiFlags(groups.FlagSet("heketi"))
	o.kubernetesFlags(groups.FlagSet("kubernetes"))
	return groups
}

// wanted returns what is asked for, or all that is wrong with it, each with its remedy.
func (o *pvOptions) wanted() (static.Wanted, error) {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	wanted := static.Wanted{
		Volume: o.Volume, Class: o.Class, Name: o.Name, MountOptions: o.MountOptions,
		ReclaimPolicy: v1.PersistentVolumeReclaimPolicy(o.ReclaimPolicy),
	}
	if o.Volume == "" {
		wrong("--volume is not set; give heketi's id of the volume, or its name: heketi-cli volume list prints both")
	}
	if (o.Class == "") == (o.URL == "") {
		wrong("--class=%s, --resturl=%s: exactly one of both says which heketi it is", o.Class, o.URL)
	}
	if o.Class != "" && o.User+o.Secret != "" {
		wrong("--restuser=%s, --secret=%s: the class names them; remove them, or give --resturl in place of --class", o.User, o.Secret)
	}
	if o.URL != "" {
		wanted.Heketi = map[string]string{"resturl": o.URL, "restuser": o.User}
	}
	if o.Secret != "" && o.URL != "" {
		if ref, err := volume.ParseSecretRef(o.Secret); err != nil {
			wrong("--secret: %w", err)
		} else {
			wanted.Heketi["secretNamespace"], wanted.Heketi["secretName"] = ref.Namespace, ref.Name
		}
	}
	if o.Claim != "" {
		namespace, claim, _ := strings.Cut(o.Claim, "/")
		if namespace == "" || claim == "" || strings.Contains(claim, "/") {
			wrong("--claim=%s: must read namespace/name", o.Claim)
		}
		wanted.Claim = &types.NamespacedName{Namespace: namespace, Name: claim}
	}
	switch o.Source {
	case "auto":
	case string(volume.Glusterfs), string(volume.CSI):
		wanted.Source = volume.Source(o.Source)
	default:
		wrong("--source=%s: must be %s, %s or auto", o.Source, volume.Glusterfs, volume.CSI)
	}
	if wanted.ReclaimPolicy != v1.PersistentVolumeReclaimRetain && wanted.ReclaimPolicy != v1.PersistentVolumeReclaimDelete {
		wrong("--reclaim-policy=%s: must be %s or %s", o.ReclaimPolicy, v1.PersistentVolumeReclaimRetain, v1.PersistentVolumeReclaimDelete)
	}
	known := []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce, v1.ReadOnlyMany, v1.ReadWriteMany, v1.ReadWriteOncePod}
	for _, mode := range o.AccessModes {
		if !slices.Contains(known, v1.PersistentVolumeAccessMode(mode)) {
			wrong("--access-modes=%s: must be among %v", mode, known)
		}
		wanted.AccessModes = append(wanted.AccessModes, v1.PersistentVolumeAccessMode(mode))
	}
	return wanted, errors.Join(problems...)
}

// pvMain is Main for the command pv.
func pvMain(args []string, stdout, stderr io.Writer) int {
	options := newPVOptions()
	rest, done, err := pvLine.Parse(options.flags(), args, stdout)
	if done {
		return exitOK
	}
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("unexpected arguments %q; the volume is named by --volume", rest)
	}
	var wanted static.Wanted
	if err == nil {
		wanted, err = options.wanted()
	}
	if err == nil {
		err = options.Validate()
	}
	if err != nil {
		return usageError(stderr, pvLine.Name, err)
	}
	return commandline.UntilSignalled(name, func(ctx context.Context) (int, error) { return statusOf(runPV(ctx, options, wanted, stdout)) }, stderr)
}

// runPV prints the objects of a static volume.
func runPV(ctx context.Context, options *pvOptions, wanted static.Wanted, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, pvBound)
	defer cancel()
	worker, err := newCommandWorker(ctx, options.Options)
	if err != nil {
		return err
	}
	made, err := worker.provisioner.Static.Make(ctx, wanted)
	if err != nil {
		return err
	}
	return made.Write(stdout)
}
