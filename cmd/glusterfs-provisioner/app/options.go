package app

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/config"
	"k8s.io/component-base/config/options"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json

	"glusterfs-provisioner/provisioner/heketi"
)

const (
	defaultProvisionerName = "gluster.org/glusterfs"
	defaultNamespace       = "glusterfs-provisioner"
)

// unlimited is the value of --kube-api-qps for no limit; client-go's own.
const unlimited = -1

// The values of --orphan-policy.
const (
	orphansReport = "report"
	orphansDelete = "delete"
)

// Options is what the flags set. Its defaults suit a cluster of 1,000 claims.
type Options struct {
	// Command is the command: none to provision, or "audit".
	Command string
	// Output is the format of the audit's report: "table" or "json".
	Output string

	Kubeconfig  string
	Namespace   string
	APIQPS      float32
	APIBurst    int
	HTTPAddress string
	Profiling   bool

	ProvisionerName    string
	WorkerThreads      int
	RetryIntervalStart time.Duration
	RetryIntervalMax   time.Duration
	ShutdownGrace      time.Duration
	AuditInterval      time.Duration
	OrphanPolicy       string
	OrphanMinAge       time.Duration

	Heketi         heketi.Config
	LeaderElection config.LeaderElectionConfiguration
	Logging        *logsapi.LoggingConfiguration
}

// NewOptions returns the defaults.
func NewOptions() *Options {
	o := &Options{
		Namespace:          namespaceOfPod(),
		APIQPS:             unlimited,
		APIBurst:           200,
		HTTPAddress:        ":8080",
		Output:             "table",
		ProvisionerName:    defaultProvisionerName,
		WorkerThreads:      100,
		RetryIntervalStart: time.Second,
		RetryIntervalMax:   5 * time.Minute,
		ShutdownGrace:      25 * time.Second,
		AuditInterval:      time.Hour,
		OrphanPolicy:       orphansReport,
		OrphanMinAge:       24 * time.Hour,
		Heketi:             heketi.DefaultConfig(),
		Logging:            logsapi.NewLoggingConfiguration(),
	}
	o.LeaderElection.LeaderElect = true
	o.LeaderElection.LeaseDuration.Duration = 15 * time.Second
	o.LeaderElection.RenewDeadline.Duration = 10 * time.Second
	o.LeaderElection.RetryPeriod.Duration = 2 * time.Second
	o.LeaderElection.ResourceLock = "leases"
	return o
}

// namespaceOfPod returns the namespace that the Deployment passes down or that
// the pod's token is for.
func namespaceOfPod() string {
	if namespace := os.Getenv("POD_NAMESPACE"); namespace != "" {
		return namespace
	}
	const ofToken = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
	if namespace, err := os.ReadFile(ofToken); err == nil {
		return strings.TrimSpace(string(namespace))
	}
	return defaultNamespace
}

// Flags returns the flags in groups, bound to the options.
func (o *Options) Flags() cliflag.NamedFlagSets {
	var groups cliflag.NamedFlagSets
	fs := groups.FlagSet("provisioning")
	fs.StringVar(&o.ProvisionerName, "provisioner-name", o.ProvisionerName, "The provisioner that StorageClasses must name to be served by this process.")
	fs.IntVar(&o.WorkerThreads, "worker-threads", o.WorkerThreads, "How many claims, and as many deletions, are worked on at the same time. Most of them only wait for heketi.")
	fs.DurationVar(&o.RetryIntervalStart, "retry-interval-start", o.RetryIntervalStart, "How soon a failed claim, expansion or deletion is tried again. The interval doubles with each failure.")
	fs.DurationVar(&o.RetryIntervalMax, "retry-interval-max", o.RetryIntervalMax, "The longest interval between two tries of the same claim, expansion or deletion.")
	fs.DurationVar(&o.ShutdownGrace, "shutdown-grace", o.ShutdownGrace, "How long a SIGTERM waits for what is in flight. Keep it below the pod's terminationGracePeriodSeconds.")
	fs = groups.FlagSet("audit")
	fs.DurationVar(&o.AuditInterval, "audit-interval", o.AuditInterval, "How often the leader compares the heketis with Kubernetes and reports what one has and the other lacks; 0 for never.")
	fs.StringVar(&o.OrphanPolicy, "orphan-policy", o.OrphanPolicy, "What to do with volumes in heketi that have a claim's name but neither a PersistentVolume nor a claim: report or delete. Do not set delete where several clusters share one heketi: each takes the others' volumes for orphans.")
	fs.DurationVar(&o.OrphanMinAge, "orphan-min-age", o.OrphanMinAge, "How long an orphan must have been seen without interruption before --orphan-policy=delete deletes it.")
	fs.StringVarP(&o.Output, "output", "o", o.Output, "Format of the report of the command audit: table or json.")

	fs = groups.FlagSet("heketi")
	fs.DurationVar(&o.Heketi.RequestTimeout, "heketi-request-timeout", o.Heketi.RequestTimeout, "Bound of a single HTTP request to heketi.")
	fs.DurationVar(&o.Heketi.OperationTimeout, "heketi-operation-timeout", o.Heketi.OperationTimeout, "Bound of making, expanding or deleting a volume in heketi, from queueing to the outcome. What takes longer is looked up later.")
	fs.IntVar(&o.Heketi.MaxInFlight, "heketi-max-inflight", o.Heketi.MaxInFlight, "How many volumes are made, expanded or deleted at the same time in one heketi. heketi itself refuses more than its max_inflight_operations, which is 8 unless set otherwise.")

	fs = groups.FlagSet("kubernetes")
	fs.StringVar(&o.Kubeconfig, "kubeconfig", o.Kubeconfig, "Path of a kubeconfig file. Not needed in a pod, which uses its ServiceAccount.")
	fs.StringVar(&o.Namespace, "namespace", o.Namespace, "Namespace for the leader's Lease and for the ConfigMaps that remember the volumes being made. The default is the pod's namespace.")
	fs.Float32Var(&o.APIQPS, "kube-api-qps", o.APIQPS, "Requests per second to the API server; -1 for no limit of its own, since the API server protects itself (API Priority and Fairness) and --worker-threads bounds how many there are at a time.")
	fs.IntVar(&o.APIBurst, "kube-api-burst", o.APIBurst, "Requests to the API server beyond --kube-api-qps for a short while, if that is a limit.")

	fs = groups.FlagSet("serving")
	fs.StringVar(&o.HTTPAddress, "http-address", o.HTTPAddress, "Address for /metrics, /healthz and /readyz; empty to serve none.")
	fs.BoolVar(&o.Profiling, "profiling", o.Profiling, "Serve profiles on /debug/pprof/ of --http-address. Whoever can reach that address can then slow the process.")

	o.leaderElectionFlags(groups.FlagSet("leader election"))
	logsapi.AddFlags(o.Logging, groups.FlagSet("logging"))
	return groups
}

func (o *Options) leaderElectionFlags(fs *pflag.FlagSet) {
	options.BindLeaderElectionFlags(&o.LeaderElection, fs)
	// Leases are the only kind that client-go still offers, and they live in
	// --namespace.
	for _, fixed := range []string{"leader-elect-resource-lock", "leader-elect-resource-namespace"} {
		_ = fs.MarkHidden(fixed)
	}
}

// Validate returns all that is wrong with the options, each with its remedy.
func (o *Options) Validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if strings.HasPrefix(o.ProvisionerName, "kubernetes.io/") {
		wrong("--provisioner-name=%s: Kubernetes takes names under kubernetes.io/ for its own plugins and would neither let such claims be provisioned nor such volumes be deleted; use a domain of your own, such as %s", o.ProvisionerName, defaultProvisionerName)
	} else if said := validation.IsQualifiedName(o.ProvisionerName); len(said) > 0 {
		wrong("--provisioner-name=%s: %s", o.ProvisionerName, strings.Join(said, "; "))
	}
	if said := validation.IsDNS1123Label(o.Namespace); len(said) > 0 {
		wrong("--namespace=%s: %s", o.Namespace, strings.Join(said, "; "))
	}
	for flag, value := range map[string]int{
		"worker-threads": o.WorkerThreads, "heketi-max-inflight": o.Heketi.MaxInFlight, "kube-api-burst": o.APIBurst,
	} {
		if value < 1 {
			wrong("--%s=%d: must be at least 1", flag, value)
		}
	}
	for flag, value := range map[string]time.Duration{
		"retry-interval-start": o.RetryIntervalStart, "heketi-request-timeout": o.Heketi.RequestTimeout,
		"heketi-operation-timeout": o.Heketi.OperationTimeout, "shutdown-grace": o.ShutdownGrace,
	} {
		if value <= 0 {
			wrong("--%s=%v: must be more than 0", flag, value)
		}
	}
	if o.Output != "table" && o.Output != "json" {
		wrong("--output=%s: must be table or json", o.Output)
	}
	if o.OrphanPolicy != orphansReport && o.OrphanPolicy != orphansDelete {
		wrong("--orphan-policy=%s: must be %s or %s", o.OrphanPolicy, orphansReport, orphansDelete)
	}
	if o.OrphanMinAge <= 0 {
		wrong("--orphan-min-age=%v: must be more than 0", o.OrphanMinAge)
	}
	if o.AuditInterval < 0 {
		wrong("--audit-interval=%v: must be 0 or more", o.AuditInterval)
	}
	if o.APIQPS <= 0 && o.APIQPS != unlimited {
		wrong("--kube-api-qps=%v: must be more than 0, or %d for no limit", o.APIQPS, unlimited)
	}
	if o.RetryIntervalMax < o.RetryIntervalStart {
		wrong("--retry-interval-max=%v: must not be less than --retry-interval-start=%v", o.RetryIntervalMax, o.RetryIntervalStart)
	}
	problems = append(problems, o.validateLeaderElection()...)
	return errors.Join(problems...)
}

func (o *Options) validateLeaderElection() []error {
	l := o.LeaderElection
	if !l.LeaderElect {
		return nil
	}
	var problems []error
	if l.ResourceLock != "leases" {
		problems = append(problems, fmt.Errorf("--leader-elect-resource-lock=%s: only leases is supported", l.ResourceLock))
	}
	if l.RetryPeriod.Duration <= 0 || l.RenewDeadline.Duration <= l.RetryPeriod.Duration*6/5 || l.LeaseDuration.Duration <= l.RenewDeadline.Duration {
		problems = append(problems, fmt.Errorf("--leader-elect-lease-duration=%v must be more than --leader-elect-renew-deadline=%v, and that more than 1.2 times --leader-elect-retry-period=%v, which must be more than 0",
			l.LeaseDuration.Duration, l.RenewDeadline.Duration, l.RetryPeriod.Duration))
	}
	return problems
}

// lockName is the name of the leader's Lease: one for each provisioner's name.
func (o *Options) lockName() string {
	if o.LeaderElection.ResourceName != "" {
		return o.LeaderElection.ResourceName
	}
	return strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(o.ProvisionerName))
}
