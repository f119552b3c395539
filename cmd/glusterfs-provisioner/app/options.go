package app

import (
	"os"
	"strings"
	"time"

	"k8s.io/component-base/config"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/provisioner/heketi"
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

	Kubeconfig string
	Namespace  string
	APIQPS     float32
	APIBurst   int
	Serving    serving.Options

	ProvisionerName    string
	WorkerThreads      int
	RetryIntervalStart time.Duration
	RetryIntervalMax   time.Duration
	ShutdownGrace      time.Duration
	EndpointsSync      time.Duration
	AuditInterval      time.Duration
	AuditGluster       bool
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
		Serving:            serving.Options{Address: ":8080"},
		Output:             "table",
		ProvisionerName:    installed.Provisioner,
		WorkerThreads:      100,
		RetryIntervalStart: time.Second,
		RetryIntervalMax:   5 * time.Minute,
		ShutdownGrace:      25 * time.Second,
		EndpointsSync:      5 * time.Minute,
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
	return installed.Namespace
}

// lockName is the name of the leader's Lease: one for each provisioner's name.
func (o *Options) lockName() string {
	if o.LeaderElection.ResourceName != "" {
		return o.LeaderElection.ResourceName
	}
	return installed.LeaseOf(o.ProvisionerName)
}
