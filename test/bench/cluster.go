package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Requests per second that clients and controllers may make. Kubernetes' own
// defaults would let claims become Bound at about five a second, whatever the
// provisioner does.
const (
	defaultQPS   = 500
	defaultBurst = 1000
)

// Options say what cluster to start. The zero value is a good one.
type Options struct {
	// Root is a folder in the repository. The default is the working directory.
	Root string
	// Kubernetes is the version. The default is DefaultKubernetes.
	Kubernetes Kubernetes
	// ControllerManagerQPS and ControllerManagerBurst limit the requests of
	// kube-controller-manager. The defaults are 500 and 1000.
	ControllerManagerQPS, ControllerManagerBurst int
	// Address is where kube-apiserver is reached. The default is 127.0.0.1, which
	// pods cannot reach.
	Address string
	// APIServerArgs and ControllerManagerArgs are further flags.
	APIServerArgs, ControllerManagerArgs []string
	// LogDir is where the logs go. By default they are removed with the cluster.
	LogDir string
	// Log tells what is being built. The default is the standard error.
	Log io.Writer
}

// Cluster is a Kubernetes without nodes: etcd, kube-apiserver and
// kube-controller-manager. It is safe for concurrent use.
type Cluster struct {
	options  Options
	binaries ClusterBinaries
	dir      string
	logDir   string

	etcdPort, etcdPeerPort, apiServerPort *port

	authority  *authority
	admin      keyPair
	kubeconfig string
	client     kubernetes.Interface

	mu                                 sync.Mutex
	etcd, apiServer, controllerManager *Process
}

// StartCluster starts a cluster and waits until it is ready. The first time, it
// builds the programs.
func StartCluster(ctx context.Context, options Options) (*Cluster, error) {
	options = options.withDefaults()
	binaries, err := BuildCluster(ctx, options.Root, options.Kubernetes, options.Log)
	if err != nil {
		return nil, err
	}
	return withFreshPorts(func() (*Cluster, error) {
		dir, logDir, err := folders(options.LogDir)
		if err != nil {
			return nil, err
		}
		c := &Cluster{options: options, binaries: binaries, dir: dir, logDir: logDir}
		if err := c.start(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("cannot start the cluster: %w", err), c.Stop())
		}
		return c, nil
	})
}

func (o Options) withDefaults() Options {
	if o.Kubernetes == "" {
		o.Kubernetes = DefaultKubernetes
	}
	if o.Address == "" {
		o.Address = loopback
	}
	if o.ControllerManagerQPS == 0 {
		o.ControllerManagerQPS = defaultQPS
	}
	if o.ControllerManagerBurst == 0 {
		o.ControllerManagerBurst = defaultBurst
	}
	if o.Log == nil {
		o.Log = os.Stderr
	}
	return o
}

func (c *Cluster) start(ctx context.Context) error {
	steps := []func(context.Context) error{
		c.reservePorts,
		c.makeCredentials,
		c.startEtcd,
		c.StartAPIServer,
		c.startControllerManager,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) reservePorts(ctx context.Context) error {
	for _, wanted := range []**port{&c.etcdPort, &c.etcdPeerPort, &c.apiServerPort} {
		port, err := reservePort(ctx)
		if err != nil {
			return err
		}
		*wanted = port
	}
	return nil
}

// Stop ends the cluster's processes and removes its folder. Stopping again does
// nothing.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	// In this order, none of them has to wait for one that is gone already.
	for _, process := range []**Process{&c.controllerManager, &c.apiServer, &c.etcd} {
		errs = append(errs, stopProcess(process))
	}
	for _, port := range []**port{&c.etcdPort, &c.etcdPeerPort, &c.apiServerPort} {
		errs = append(errs, (*port).release())
		*port = nil
	}
	errs = append(errs, os.RemoveAll(c.dir))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("cannot stop the cluster: %w", err)
	}
	return nil
}

// stopProcess stops the process, if there is one, and forgets it.
func stopProcess(process **Process) error {
	if *process == nil {
		return nil
	}
	err := (*process).Stop()
	*process = nil
	return err
}

// AdminConfig is the configuration of a client that may do everything.
func (c *Cluster) AdminConfig() *rest.Config {
	return &rest.Config{
		Host: c.url(),
		TLSClientConfig: rest.TLSClientConfig{
			CAData:   c.authority.certificate,
			CertData: c.admin.certificate,
			KeyData:  c.admin.key,
		},
		// Tests look again and again until something is so; this costs less than JSON.
		ContentConfig:      rest.ContentConfig{ContentType: runtime.ContentTypeProtobuf},
		DisableCompression: true,
		QPS:                defaultQPS,
		Burst:              defaultBurst,
		WarningHandler:     rest.NoWarnings{},
	}
}

// Kubernetes is the cluster's version.
func (c *Cluster) Kubernetes() Kubernetes {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.options.Kubernetes
}

// Kubeconfig is the path of a kubeconfig with which one may do everything.
func (c *Cluster) Kubeconfig() string { return c.kubeconfig }

// Kubectl runs kubectl as the admin and returns its standard output.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) ([]byte, error) {
	return Run(ctx, c.adminEnvironment(), c.binaries.Kubectl, args...)
}

// Script runs a program that runs kubectl as the admin, and returns its standard
// output.
func (c *Cluster) Script(ctx context.Context, path string, args ...string) ([]byte, error) {
	environment := append(c.adminEnvironment(), "PATH="+filepath.Dir(c.binaries.Kubectl)+":"+os.Getenv("PATH"))
	return Run(ctx, environment, path, args...)
}

func (c *Cluster) adminEnvironment() []string {
	return append(serverEnvironment(c.dir), "KUBECONFIG="+c.kubeconfig)
}

// APIServerLog is the path of kube-apiserver's log.
func (c *Cluster) APIServerLog() string { return c.logOf("kube-apiserver") }

// ControllerManagerLog is the path of kube-controller-manager's log.
func (c *Cluster) ControllerManagerLog() string { return c.logOf("kube-controller-manager") }

func (c *Cluster) logOf(program string) string {
	return filepath.Join(c.logDir, program+".log")
}

// APIServerAddress is the host and port where kube-apiserver is reached.
func (c *Cluster) APIServerAddress() string { return c.apiServerPort.at(c.options.Address) }

// ServiceAddress is the address at which pods expect kube-apiserver, on port 443.
func (c *Cluster) ServiceAddress() string { return serviceAddress }

// CAFile is the certificate of the authority that signed the cluster's others.
func (c *Cluster) CAFile() string { return c.file(authorityFile + ".crt") }

func (c *Cluster) url() string { return "https://" + c.APIServerAddress() }

// The programs that make a Cluster, by which PIDs tells its processes.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
)

// PIDs returns the ids of the processes that run.
func (c *Cluster) PIDs() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	pids := map[string]int{}
	for program, process := range map[string]*Process{Etcd: c.etcd, APIServer: c.apiServer, ControllerManager: c.controllerManager} {
		if process != nil {
			pids[program] = process.PID()
		}
	}
	return pids
}
