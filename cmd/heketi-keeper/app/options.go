package app

import (
	"os"
	"strings"
	"time"

	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/config"
	"k8s.io/component-base/config/options"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/keeper/child"
	"glusterfs-provisioner/provisioner/heketi"
)

// Options is what the flags set.
type Options struct {
	Heketi       child.Options
	AdminKeyFile string
	UserKeyFile  string
	APIAddress   string
	TLSCertFile  string
	TLSKeyFile   string

	Name         string
	Namespace    string
	Kubeconfig   string
	OtherHeketis []string
	// AcceptGeneration is a generation of the database that may be older than PersistentVolumes tell.
	AcceptGeneration int64
	SettleTimeout    time.Duration
	SettleInterval   time.Duration
	SettleTime       time.Duration
	SaveInterval     time.Duration
	SaveTimeout      time.Duration
	ShutdownGrace    time.Duration
	Silence          time.Duration
	Disks            bool

	Serving        serving.Options
	LeaderElection config.LeaderElectionConfiguration
	Logging        *logsapi.LoggingConfiguration
}

// NewOptions returns the defaults.
func NewOptions() *Options {
	o := &Options{
		Heketi:       child.Options{Program: "/usr/bin/heketi", ConfigFile: "/etc/heketi/heketi.json", Dir: "/var/lib/heketi", Port: 8082},
		APIAddress:   ":8080",
		Name:         "heketi",
		Namespace:    namespaceOfPod(),
		SaveInterval: 10 * time.Second,
		// The provisioner gives up a request after 30 s.
		SaveTimeout:   10 * time.Second,
		ShutdownGrace: 4 * time.Minute,
		Silence:       5 * time.Minute,
		// Of the provisioner it is the same.
		SettleTime:     heketi.DefaultConfig().SettleTime,
		SettleTimeout:  3 * time.Minute,
		SettleInterval: 5 * time.Minute,
		Serving:        serving.Options{Address: ":8081"},
		Logging:        logsapi.NewLoggingConfiguration(),
	}
	o.LeaderElection.LeaderElect = true
	// An API server that restarts must not end heketi, which would break off what it is doing.
	o.LeaderElection.LeaseDuration.Duration = time.Minute
	o.LeaderElection.RenewDeadline.Duration = 45 * time.Second
	o.LeaderElection.RetryPeriod.Duration = 5 * time.Second
	o.LeaderElection.ResourceLock = "leases"
	return o
}

// namespaceOfPod returns the namespace that the Deployment passes down or that the pod's token is
// for; empty outside of a pod.
func namespaceOfPod() string {
	if namespace := os.Getenv("POD_NAMESPACE"); namespace != "" {
		return namespace
	}
	namespace, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(namespace))
}

// databaseName is the name of the Secret and of the ConfigMap of the database.
func (o *Options) databaseName() string { return o.Name + "-database" }

// leaseName is the name of the Lease.
func (o *Options) leaseName() string { return o.Name + "-keeper" }

// Flags returns the flags in groups, bound to the options.
func (o *Options) Flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("heketi")
	fs.StringVar(&o.Heketi.Program, "heketi", o.Heketi.Program, "Path of heketi's program.")
	fs.StringVar(&o.Heketi.ConfigFile, "heketi-config", o.Heketi.ConfigFile, "Path of heketi's configuration, of which the executor and the limits count. Port, keys, TLS, database, cleaner and node monitor are the keeper's.")
	fs.StringVar(&o.Heketi.Dir, "dir", o.Heketi.Dir, "Folder for heketi's database while it runs. An emptyDir will do: what counts is saved in Kubernetes.")
	fs.IntVar(&o.Heketi.Port, "heketi-port", o.Heketi.Port, "Port on which heketi listens for its keeper, with keys that nobody else has.")
	fs.DurationVar(&o.Silence, "heketi-silence-timeout", o.Silence, "How long heketi may give no answer before it is killed and started again. What it was interrupted in is settled then.")
	fs.StringVar(&o.AdminKeyFile, "admin-key-file", o.AdminKeyFile, "Path of a file with the key of the user admin. A key that changes counts at once.")
	fs.StringVar(&o.UserKeyFile, "user-key-file", o.UserKeyFile, "Path of a file with the key of the user user, who may list and make volumes; empty for no such user.")
	fs.StringVar(&o.APIAddress, "api-address", o.APIAddress, "Address for heketi's API.")
	fs.StringVar(&o.TLSCertFile, "tls-cert-file", o.TLSCertFile, "Path of the certificate with which the API is served over HTTPS, in PEM; empty for HTTP. One that changes counts for new connections.")
	fs.StringVar(&o.TLSKeyFile, "tls-private-key-file", o.TLSKeyFile, "Path of the key of --tls-cert-file.")

	fs = groups.FlagSet("database")
	fs.StringVar(&o.Name, "name", o.Name, "Name of this heketi among those of the namespace. NAME-database is the Secret with the database, and the ConfigMap that tells of the latest; NAME-keeper is the Lease.")
	fs.StringSliceVar(&o.OtherHeketis, "other-heketis", o.OtherHeketis, "Base URLs of other heketis. This one is not started with an empty database while there are PersistentVolumes of any other than these; unrecorded stands for PersistentVolumes that name no heketi.")
	fs.Int64Var(&o.AcceptGeneration, "accept-generation", 0, "Number of a saved generation of the database to start with although PersistentVolumes are younger and have volumes that it lacks; 0 for none. It counts for no other generation, so that it may stay.")
	fs.DurationVar(&o.SaveInterval, "save-interval", o.SaveInterval, "How often what has changed is saved though nobody waits for it, such as the end of an operation whose client is gone. What somebody waits for is saved at once.")
	fs.DurationVar(&o.SaveTimeout, "save-timeout", o.SaveTimeout, "How long it is tried to save a change before the client is told that it is not saved. Keep it below what clients wait for an answer; of the provisioner that is its --heketi-request-timeout.")

	fs = groups.FlagSet("interrupted operations")
	fs.DurationVar(&o.SettleTimeout, "settle-timeout", o.SettleTimeout, "How long the start is held up by settling what heketi was interrupted in. What is left then stays pending in heketi, and is looked at again.")
	fs.DurationVar(&o.SettleInterval, "settle-interval", o.SettleInterval, "How often it is looked again at what is left. Once something of it can be settled, heketi is started again for that.")
	fs.DurationVar(&o.SettleTime, "gluster-settle-time", o.SettleTime, "How long gluster may take to carry out a command whose caller is gone. heketi is asked to clean up what it was interrupted in only if gluster has nothing of it both before and after that time.")

	fs = groups.FlagSet("kubernetes")
	fs.StringVar(&o.Namespace, "namespace", o.Namespace, "Namespace of the database and the Lease. The default is the pod's.")
	fs.StringVar(&o.Kubeconfig, "kubeconfig", o.Kubeconfig, "Path of a kubeconfig file. Not needed in a pod, which uses its ServiceAccount.")
	fs.DurationVar(&o.ShutdownGrace, "shutdown-grace", o.ShutdownGrace, "How long a SIGTERM waits for heketi's operations. Keep it below the pod's terminationGracePeriodSeconds.")
	fs.BoolVar(&o.Disks, "glusterclusters", o.Disks, "Whether heketi gets the nodes and disks that GlusterClusters list for it, whose spec.heketi has this --namespace and --name. deploy/glusterfs has their CustomResourceDefinition.")

	o.Serving.AddFlags(groups.FlagSet("serving"))
	fs = groups.FlagSet("leader election")
	options.BindLeaderElectionFlags(&o.LeaderElection, fs)
	for _, fixed := range []string{"leader-elect", "leader-elect-resource-lock", "leader-elect-resource-name", "leader-elect-resource-namespace"} {
		_ = fs.MarkHidden(fixed)
	}
	logsapi.AddFlags(o.Logging, groups.FlagSet("logging"))
	return groups
}
