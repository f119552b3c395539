package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"glusterfs-provisioner/cmd/commandline"
	"glusterfs-provisioner/cmd/installed"
)

// Validate returns all that is wrong with the options, each with its remedy.
func (o *Options) Validate() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if strings.HasPrefix(o.ProvisionerName, "kubernetes.io/") {
		wrong("--provisioner-name=%s: Kubernetes takes names under kubernetes.io/ for its own plugins and would neither let such claims be provisioned nor such volumes be deleted; use a domain of your own, such as %s", o.ProvisionerName, installed.Provisioner)
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
	for flag, value := range map[string]time.Duration{
		"audit-interval": o.AuditInterval, "endpoints-sync": o.EndpointsSync, "gluster-settle-time": o.Heketi.SettleTime,
	} {
		if value < 0 {
			wrong("--%s=%v: must be 0 or more", flag, value)
		}
	}
	if o.APIQPS <= 0 && o.APIQPS != unlimited {
		wrong("--kube-api-qps=%v: must be more than 0, or %d for no limit", o.APIQPS, unlimited)
	}
	if o.RetryIntervalMax < o.RetryIntervalStart {
		wrong("--retry-interval-max=%v: must not be less than --retry-interval-start=%v", o.RetryIntervalMax, o.RetryIntervalStart)
	}
	problems = append(problems, commandline.CheckVerbosity(o.Logging))
	problems = append(problems, o.validateLeaderElection()...)
	return errors.Join(problems...)
}

func (o *Options) validateLeaderElection() []error {
	l := o.LeaderElection
	var problems []error
	if !l.LeaderElect {
		problems = append(problems, errors.New("--leader-elect=false: two processes could lead at a time, and give one GID to two volumes; remove it, since a single process gets the Lease at once"))
	}
	if l.ResourceLock != "leases" {
		problems = append(problems, fmt.Errorf("--leader-elect-resource-lock=%s: only leases is supported", l.ResourceLock))
	}
	if l.RetryPeriod.Duration <= 0 || l.RenewDeadline.Duration <= l.RetryPeriod.Duration*6/5 || l.LeaseDuration.Duration <= l.RenewDeadline.Duration {
		problems = append(problems, fmt.Errorf("--leader-elect-lease-duration=%v must be more than --leader-elect-renew-deadline=%v, and that more than 1.2 times --leader-elect-retry-period=%v, which must be more than 0",
			l.LeaseDuration.Duration, l.RenewDeadline.Duration, l.RetryPeriod.Duration))
	}
	return problems
}
