package app

import (
	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/config/options"
	logsapi "k8s.io/component-base/logs/api/v1"
)

// Flags returns the flags in groups, bound to the options.
func (o *Options) Flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("provisioning")
	o.nameFlag(fs)
	fs.IntVar(&o.WorkerThreads, "worker-threads", o.WorkerThreads, "How many claims, and as many deletions, are worked on at the same time. Most of them only wait for heketi.")
	fs.DurationVar(&o.RetryIntervalStart, "retry-interval-start", o.RetryIntervalStart, "How soon a failed claim, expansion or deletion is tried again. The interval doubles with each failure.")
	fs.DurationVar(&o.RetryIntervalMax, "retry-interval-max", o.RetryIntervalMax, "The longest interval between two tries of the same claim, expansion or deletion. While heketi does not answer, claims and deletions are tried every 30s at the least.")
	fs.DurationVar(&o.ShutdownGrace, "shutdown-grace", o.ShutdownGrace, "How long a SIGTERM waits for what is in flight. Keep it below the pod's terminationGracePeriodSeconds.")
	fs.DurationVar(&o.EndpointsSync, "endpoints-sync", o.EndpointsSync, "How often the leader asks each heketi cluster for its storage hosts and has the Endpoints of its volumes follow, and the ConfigMap that the node plugin reads; 0 for never. What somebody deletes or changes of these is made right again at once in any case.")
	fs = groups.FlagSet("audit")
	fs.DurationVar(&o.AuditInterval, "audit-interval", o.AuditInterval, "How often the leader has the heketis clean up what they were interrupted in and gluster has nothing of, compares them with Kubernetes, and reports what one has and the other lacks; 0 for never.")
	fs.BoolVar(&o.AuditGluster, "audit-gluster", o.AuditGluster, "Whether an audit asks each heketi, too, what gluster has: volumes, bricks, mounts and logical volumes. heketi runs a handful of commands on every storage host for it.")
	fs.BoolVar(&o.AuditGluster, "gluster", o.AuditGluster, "The same, for the command audit.")
	fs.StringVar(&o.OrphanPolicy, "orphan-policy", o.OrphanPolicy, "What to do with volumes in heketi that have a claim's name but neither a PersistentVolume nor a claim: report or delete. The leader only deletes the volume of a claim that it saw go itself, before the claim had a PersistentVolume, so never one of another cluster, and none that ever held files.")
	fs.DurationVar(&o.OrphanMinAge, "orphan-min-age", o.OrphanMinAge, "How long an orphan must have been seen without interruption before --orphan-policy=delete deletes it.")
	fs.StringVarP(&o.Output, "output", "o", o.Output, "Format of the report of the command audit: table or json.")

	o.heketiFlags(groups.FlagSet("heketi"))
	o.kubernetesFlags(groups.FlagSet("kubernetes"))
	o.Serving.AddFlags(groups.FlagSet("serving"))
	o.leaderElectionFlags(groups.FlagSet("leader election"))
	logsapi.AddFlags(o.Logging, groups.FlagSet("logging"))
	return groups
}

func (o *Options) nameFlag(fs *pflag.FlagSet) {
	fs.StringVar(&o.ProvisionerName, "provisioner-name", o.ProvisionerName, "The provisioner that StorageClasses must name to be served by this process.")
}

// heketiFlags bound what heketis are asked.
func (o *Options) heketiFlags(fs *pflag.FlagSet) {
	fs.DurationVar(&o.Heketi.RequestTimeout, "heketi-request-timeout", o.Heketi.RequestTimeout, "Bound of a single HTTP request to heketi.")
	fs.DurationVar(&o.Heketi.OperationTimeout, "heketi-operation-timeout", o.Heketi.OperationTimeout, "Bound of making, expanding or deleting a volume in heketi, from the request to the outcome; what takes longer is looked up later. The wait for a turn (see --heketi-max-inflight) comes before it, and may take as long again.")
	fs.IntVar(&o.Heketi.MaxInFlight, "heketi-max-inflight", o.Heketi.MaxInFlight, "How many volumes are made, expanded or deleted at the same time in one heketi. heketi itself refuses more than its max_inflight_operations, which is 8 unless set otherwise.")
	fs.DurationVar(&o.Heketi.SettleTime, "gluster-settle-time", o.Heketi.SettleTime, "How long gluster may take to carry out a command whose caller is gone. heketi is asked to clean up what it was interrupted in only if gluster has nothing of it both before and after that time.")
}

// kubernetesFlags say which cluster it is, and where in it the provisioner runs.
func (o *Options) kubernetesFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Kubeconfig, "kubeconfig", o.Kubeconfig, "Path of a kubeconfig file. Not needed in a pod, which uses its ServiceAccount.")
	fs.StringVar(&o.Namespace, "namespace", o.Namespace, "Namespace for the leader's Lease, for the ConfigMaps that remember the volumes being made, for the Endpoints that volumes share, and for the ConfigMaps that the node plugin reads, which has to run there, too. The default is the pod's namespace.")
	fs.Float32Var(&o.APIQPS, "kube-api-qps", o.APIQPS, "Requests per second to the API server; -1 for no limit of its own, since the API server protects itself (API Priority and Fairness) and --worker-threads bounds how many there are at a time.")
	fs.IntVar(&o.APIBurst, "kube-api-burst", o.APIBurst, "Requests to the API server beyond --kube-api-qps for a short while, if that is a limit.")
}

func (o *Options) leaderElectionFlags(fs *pflag.FlagSet) {
	options.BindLeaderElectionFlags(&o.LeaderElection, fs)
	// Leases are the only kind that client-go still offers, and they live in
	// --namespace. Nobody may lead without one.
	for _, fixed := range []string{"leader-elect", "leader-elect-resource-lock", "leader-elect-resource-namespace"} {
		_ = fs.MarkHidden(fixed)
	}
}
