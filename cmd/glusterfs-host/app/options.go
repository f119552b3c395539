package app

import (
	"errors"
	"fmt"
	"time"

	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/host"
)

// Options is what the flags of run set.
type Options struct {
	Node           NodeOptions
	Image          string
	LastBrickPort  int
	IPv6           bool
	DeviceWait     time.Duration
	SurveyInterval time.Duration
	MountInterval  time.Duration
	LogSizeMiB     int
	ShutdownGrace  time.Duration

	Serving serving.Options
	Logging *logsapi.LoggingConfiguration
}

// firstBrickPort is the lowest port of a brick, which glusterd has as a default (base-port).
const firstBrickPort = 49152

// The folders of the image and its manifest.
const (
	glusterdFolder = "/var/lib/glusterd"
	heketiFolder   = "/var/lib/heketi"
)

// NewOptions returns the defaults.
func NewOptions() *Options {
	return &Options{
		Node:           newNodeOptions(),
		Image:          "/usr/share/glusterfs-host",
		LastBrickPort:  50175,
		DeviceWait:     2 * time.Minute,
		SurveyInterval: 10 * time.Second,
		MountInterval:  30 * time.Second,
		LogSizeMiB:     64,
		ShutdownGrace:  30 * time.Second,
		Serving:        serving.Options{Address: defaultAddress},
		Logging:        logsapi.NewLoggingConfiguration(),
	}
}

// Flags returns the flags in groups, bound to the options.
func (o *Options) Flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("glusterfs")
	fs.StringVar(&o.Image, "image-files", o.Image, "Folder with the hooks and groups of options that GlusterFS comes with. They are put into glusterd's working folder at each start.")
	fs.IntVar(&o.LastBrickPort, "last-brick-port", o.LastBrickPort, "Highest port that a brick may listen on; the first is 49152. A brick chooses one at random.")
	fs.BoolVar(&o.IPv6, "ipv6", o.IPv6, "Have glusterd and the bricks use IPv6 addresses, for nodes that know each other by such only.")
	fs.DurationVar(&o.DeviceWait, "device-wait", o.DeviceWait, "How long the start waits for disks that come late. Bricks on those that come later still are started then.")
	fs.DurationVar(&o.SurveyInterval, "survey-interval", o.SurveyInterval, "How often it is looked whether glusterd answers and the bricks run.")
	fs.DurationVar(&o.MountInterval, "mount-interval", o.MountInterval, "How often a brick that could not be mounted is tried again.")
	fs.IntVar(&o.LogSizeMiB, "log-size-mib", o.LogSizeMiB, "From how many MiB on a log in /var/log/glusterfs is begun anew. One former of each is kept.")
	fs.DurationVar(&o.ShutdownGrace, "shutdown-grace", o.ShutdownGrace, "How long a SIGTERM waits for the bricks before they are killed. Keep it 15s below the pod's terminationGracePeriodSeconds, since glusterd ends before them.")
	o.Node.addFlags(groups.FlagSet("node"))
	o.Serving.AddFlags(groups.FlagSet("serving"))
	logsapi.AddFlags(o.Logging, groups.FlagSet("logging"))
	return groups
}

// Validate returns all that is wrong with the options, each with its remedy.
func (o *Options) Validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if o.Image == "" {
		wrong("--image-files is missing")
	}
	if o.LastBrickPort < firstBrickPort || o.LastBrickPort > 65535 {
		wrong("--last-brick-port=%d: must be from %d to 65535", o.LastBrickPort, firstBrickPort)
	}
	for flag, value := range map[string]time.Duration{"survey-interval": o.SurveyInterval, "mount-interval": o.MountInterval, "shutdown-grace": o.ShutdownGrace} {
		if value <= 0 {
			wrong("--%s=%v: must be more than 0", flag, value)
		}
	}
	if o.LogSizeMiB < 1 {
		wrong("--log-size-mib=%d: must be 1 or more", o.LogSizeMiB)
	}
	if o.DeviceWait < 0 {
		wrong("--device-wait=%v: must be 0 or more", o.DeviceWait)
	}
	return errors.Join(append(problems, o.Node.validate())...)
}

// config is what the options make of a host. The folders are those that the image and its manifest have.
func (o *Options) config(told func(host.State)) host.Config {
	return host.Config{
		Glusterd: glusterdFolder, Heketi: heketiFolder, Run: "/run/gluster",
		Node: o.Node.Name, ClusterCA: o.Node.ClusterCA,
		Image: o.Image, Settings: "/etc/glusterfs/glusterd.vol", LastBrickPort: o.LastBrickPort, IPv6: o.IPv6,
		LVM: o.Node.LVM, DeviceWait: o.DeviceWait, SurveyInterval: o.SurveyInterval, MountInterval: o.MountInterval, Grace: o.ShutdownGrace,
		Logs: "/var/log/glusterfs", LogSize: int64(o.LogSizeMiB) << 20,
		Told: told,
	}
}
