package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/node"
)

// The values of --client.
const (
	clientOfHost      = "host"
	clientOfContainer = "container"
)

// maxSocketPath is how long the path of a socket may be, see unix(7).
const maxSocketPath = 107

// Options is what the flags set.
type Options struct {
	NodeName             string
	KubeletDir           string
	ProvisionerNamespace string
	Kubeconfig           string

	Client         string
	LogDir         string
	Bounds         node.Bounds
	SurveyInterval time.Duration
	AbortAfter     time.Duration
	ShutdownGrace  time.Duration

	Serving serving.Options
	Logging *logsapi.LoggingConfiguration
}

// NewOptions returns the defaults.
func NewOptions() *Options {
	return &Options{
		NodeName:             os.Getenv("NODE_NAME"),
		KubeletDir:           "/var/lib/kubelet",
		ProvisionerNamespace: "glusterfs-provisioner",
		Client:               clientOfHost,
		LogDir:               "/var/log/glusterfs",
		// kubelet waits for two minutes.
		Bounds:         node.Bounds{Mount: 90 * time.Second, Unmount: 10 * time.Second, Answer: 5 * time.Second},
		SurveyInterval: time.Minute,
		// GlusterFS' own patience with a server, the option network.frame-timeout.
		AbortAfter:    30 * time.Minute,
		ShutdownGrace: 25 * time.Second,
		Serving:       serving.Options{Address: ":8080"},
		Logging:       logsapi.NewLoggingConfiguration(),
	}
}

// Flags returns the flags in groups, bound to the options.
func (o *Options) Flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("mounting")
	fs.StringVar(&o.Client, "client", o.Client, "Whose GlusterFS client mounts the volumes: host for the node's own, whose mounts outlive this process, or container for that of this process' image, whose mounts end with its container.")
	fs.StringVar(&o.LogDir, "log-dir", o.LogDir, "Folder for the logs of the GlusterFS clients, one for each volume; the node's with --client=host, else the container's.")
	fs.DurationVar(&o.Bounds.Mount, "mount-timeout", o.Bounds.Mount, "How long mounting a volume may take. kubelet gives up after two minutes.")
	fs.DurationVar(&o.Bounds.Unmount, "unmount-timeout", o.Bounds.Unmount, "How long a mount that is in use is waited for before it is unmounted lazily.")
	fs.DurationVar(&o.Bounds.Answer, "answer-timeout", o.Bounds.Answer, "How long a mount may take to answer before it counts as silent.")
	fs.DurationVar(&o.SurveyInterval, "survey-interval", o.SurveyInterval, "How often all mounts are asked how they do, for the metrics staged_volumes and sick_volume, and clients are looked for that serve no mount; 0 for never.")
	fs.DurationVar(&o.AbortAfter, "abort-after", o.AbortAfter, "For how long a GlusterFS client may go on after its volume was unmounted. It is then ended, and what still waits for it gets an error, unless a process has the mount; 0 for never.")

	fs = groups.FlagSet("kubernetes")
	fs.StringVar(&o.NodeName, "node-name", o.NodeName, "The node's name in Kubernetes. The default is the environment's NODE_NAME.")
	fs.StringVar(&o.KubeletDir, "kubelet-dir", o.KubeletDir, "kubelet's folder, its --root-dir. It has to have the same path in the container as on the node. Nothing outside of it is mounted on.")
	fs.StringVar(&o.ProvisionerNamespace, "provisioner-namespace", o.ProvisionerNamespace, "Namespace in which the provisioner keeps the present servers of clusters in ConfigMaps.")
	fs.StringVar(&o.Kubeconfig, "kubeconfig", o.Kubeconfig, "Path of a kubeconfig file. Not needed in a pod, which uses its ServiceAccount.")
	fs.DurationVar(&o.ShutdownGrace, "shutdown-grace", o.ShutdownGrace, "How long a SIGTERM waits for calls of kubelet. Keep it below the pod's terminationGracePeriodSeconds.")

	o.Serving.AddFlags(groups.FlagSet("serving"))
	logsapi.AddFlags(o.Logging, groups.FlagSet("logging"))
	return groups
}

// Validate returns all that is wrong with the options, each with its remedy.
func (o *Options) Validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if said := validation.IsDNS1123Subdomain(o.NodeName); len(said) > 0 {
		wrong("--node-name=%s: %s; have the pod set NODE_NAME from spec.nodeName", o.NodeName, strings.Join(said, "; "))
	}
	if said := validation.IsDNS1123Label(o.ProvisionerNamespace); len(said) > 0 {
		wrong("--provisioner-namespace=%s: %s", o.ProvisionerNamespace, strings.Join(said, "; "))
	}
	if o.Client != clientOfHost && o.Client != clientOfContainer {
		wrong("--client=%s: must be %s or %s", o.Client, clientOfHost, clientOfContainer)
	}
	for flag, path := range map[string]string{"kubelet-dir": o.KubeletDir, "log-dir": o.LogDir} {
		if !filepath.IsAbs(path) || filepath.Clean(path) != path || path == "/" {
			wrong("--%s=%s: must be an absolute path without .. and without a slash at the end", flag, path)
		}
	}
	if longest := filepath.Join(o.registrationDir(), node.DriverName+"-reg.sock"); len(longest) > maxSocketPath {
		wrong("--kubelet-dir=%s: too long, by %d characters, for sockets in it", o.KubeletDir, len(longest)-maxSocketPath)
	}
	for flag, value := range map[string]time.Duration{
		"mount-timeout": o.Bounds.Mount, "unmount-timeout": o.Bounds.Unmount, "answer-timeout": o.Bounds.Answer, "shutdown-grace": o.ShutdownGrace,
	} {
		if value <= 0 {
			wrong("--%s=%v: must be more than 0", flag, value)
		}
	}
	for flag, value := range map[string]time.Duration{"survey-interval": o.SurveyInterval, "abort-after": o.AbortAfter} {
		if value < 0 {
			wrong("--%s=%v: must be 0 or more", flag, value)
		}
	}
	return errors.Join(problems...)
}

// endpoint is the socket of the driver's services, and registrationDir the folder in
// which kubelet looks for drivers, both as kubelet has it.
func (o *Options) endpoint() string {
	return filepath.Join(o.KubeletDir, "plugins", node.DriverName, "csi.sock")
}

func (o *Options) registrationDir() string { return filepath.Join(o.KubeletDir, "plugins_registry") }
