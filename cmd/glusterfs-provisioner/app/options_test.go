package app

import (
	"bytes"
	"strings"
	"testing"
	"time"

	logsapi "k8s.io/component-base/logs/api/v1"
)

func TestDefaultsAreValid(t *testing.T) {
	if err := NewOptions().Validate(); err != nil {
		t.Error(err)
	}
}

// TestWrongOptions sets one thing wrong at a time. The message names the flag and
// its value.
func TestWrongOptions(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"--provisioner-name=kubernetes.io/glusterfs": func(o *Options) { o.ProvisionerName = "kubernetes.io/glusterfs" },
		"--provisioner-name=a/b/c":                   func(o *Options) { o.ProvisionerName = "a/b/c" },
		"--namespace=A":                              func(o *Options) { o.Namespace = "A" },
		"--worker-threads=0":                         func(o *Options) { o.WorkerThreads = 0 },
		"--heketi-max-inflight=-1":                   func(o *Options) { o.Heketi.MaxInFlight = -1 },
		"--kube-api-burst=0":                         func(o *Options) { o.APIBurst = 0 },
		"--kube-api-qps=0":                           func(o *Options) { o.APIQPS = 0 },
		"--heketi-request-timeout=0s":                func(o *Options) { o.Heketi.RequestTimeout = 0 },
		"--heketi-operation-timeout=-1s":             func(o *Options) { o.Heketi.OperationTimeout = -time.Second },
		"--shutdown-grace=0s":                        func(o *Options) { o.ShutdownGrace = 0 },
		"--orphan-policy=ignore":                     func(o *Options) { o.OrphanPolicy = "ignore" },
		"--orphan-min-age=0s":                        func(o *Options) { o.OrphanMinAge = 0 },
		"--output=xml":                               func(o *Options) { o.Output = "xml" },
		"--audit-interval=-1s":                       func(o *Options) { o.AuditInterval = -time.Second },
		"--endpoints-sync=-1s":                       func(o *Options) { o.EndpointsSync = -time.Second },
		"--retry-interval-start=0s":                  func(o *Options) { o.RetryIntervalStart = 0 },
		"--retry-interval-max=1s":                    func(o *Options) { o.RetryIntervalStart, o.RetryIntervalMax = time.Minute, time.Second },
		"--v=8":                                      func(o *Options) { o.Logging.Verbosity = 8 },
		"--vmodule=request=8": func(o *Options) {
			o.Logging.VModule = logsapi.VModuleConfiguration{{FilePattern: "request", Verbosity: 8}}
		},
		"--leader-elect=false":                   func(o *Options) { o.LeaderElection.LeaderElect = false },
		"--leader-elect-resource-lock=endpoints": func(o *Options) { o.LeaderElection.ResourceLock = "endpoints" },
		"--leader-elect-renew-deadline=20s":      func(o *Options) { o.LeaderElection.RenewDeadline.Duration = 20 * time.Second },
	} {
		o := NewOptions()
		change(o)
		err := o.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to name %s", err, want)
		}
	}
}

func TestAllThatIsWrongIsTold(t *testing.T) {
	o := NewOptions()
	o.WorkerThreads, o.APIBurst = 0, 0
	err := o.Validate()
	if err == nil || !strings.Contains(err.Error(), "--worker-threads") || !strings.Contains(err.Error(), "--kube-api-burst") {
		t.Errorf("error is %v", err)
	}
}

func TestLockName(t *testing.T) {
	o := NewOptions()
	for name, want := range map[string]string{
		"gluster.org/glusterfs": "gluster.org-glusterfs",
		"example.com/My_Name":   "example.com-my-name",
	} {
		o.ProvisionerName = name
		if got := o.lockName(); got != want {
			t.Errorf("the Lease of %s is %s, want %s", name, got, want)
		}
	}
	o.LeaderElection.ResourceName = "mine"
	if got := o.lockName(); got != "mine" {
		t.Errorf("the Lease is %s, want the one that was set", got)
	}
}

func TestHelpAndVersion(t *testing.T) {
	for flag, want := range map[string]string{
		"--help":    "--heketi-max-inflight",
		"--version": "glusterfs-provisioner v",
	} {
		var out bytes.Buffer
		done, err := parse(NewOptions(), []string{flag}, &out)
		if !done || err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %t, %v, printed %q", flag, done, err, out.String())
		}
	}
}

func TestWrongArguments(t *testing.T) {
	for _, arguments := range [][]string{{"--no-such-flag"}, {"serve"}, {"audit", "serve"}, {"audit", "-o", "xml"}, {"--worker-threads=many"}} {
		if _, err := parse(NewOptions(), arguments, &bytes.Buffer{}); err == nil {
			t.Errorf("%q were accepted", arguments)
		}
	}
}
