package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/node"
	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/connections"
	"glusterfs-provisioner/node/leftovers"
	"glusterfs-provisioner/node/logs"
	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/questions"
	"glusterfs-provisioner/node/registration"
	"glusterfs-provisioner/node/servers"
)

// Run serves kubelet until the context ends, and then until calls have ended or the
// grace is over.
func Run(ctx context.Context, options *Options) error {
	present, err := presentServers(options)
	if err != nil {
		return err
	}
	places, err := placesOf(options)
	if err != nil {
		return err
	}
	defer places.close()
	asker := questions.New(places.startOutside)
	defer asker.Close()
	mounts := mount.New(places.mounts, options.KubeletDir, asker)
	leftovers := leftoversOf(ctx, places, mounts, options)
	kubelet := registration.New(node.DriverName, options.endpoint())
	metrics := newMetrics(legacyregistry.Registerer(), func() int { return places.running() + asker.Pending() }, kubelet.Registered)
	mounter := client.New(client.Options{
		Namespaces: places.client, Host: options.Client == clientOfHost,
		MountProgram: options.MountProgram, MemoryMax: options.ClientMemoryMax.Value(), LogDir: options.LogDir,
	})
	service := node.New(node.Dependencies{
		NodeID:    options.NodeName,
		Mounts:    mounts,
		Leftovers: leftovers,
		Client:    mounter,
		Servers:   servers.NewLocator(present, places.client, registerClientMetrics(mounter)),
		LogDir:    options.LogDir,
		Bounds:    options.Bounds,
		Limits:    options.Limits,
		Mounted:   metrics.observeMount,
		Healed:    metrics.healed.Inc,
	})
	klog.InfoS("Starting", "version", version.Get().GitVersion, "driver", node.DriverName, "node", options.NodeName, "client", options.Client)
	cleanUp(ctx, service)
	clientLogs := logs.New(places.client, options.LogDir, options.ClientLogSize.Value())
	go wait.UntilWithContext(ctx, func(ctx context.Context) { tidy(ctx, clientLogs) }, tidyInterval)
	return serve(ctx, options, service, kubelet, metrics)
}

// presentServers reads the servers of clusters from the provisioner's ConfigMaps.
func presentServers(options *Options) (*servers.Present, error) {
	config, err := clientcmd.BuildConfigFromFlags("", options.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("cannot find a Kubernetes cluster: %w; set --kubeconfig when not running in a pod", err)
	}
	config.UserAgent = name + "/" + version.Get().GitVersion
	// After a start of the node all volumes ask at once, and each has 2 s. The API server
	// protects itself, and of each cluster there is one request at a time.
	config.QPS = -1
	apiServer, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return servers.NewPresent(apiServer.CoreV1(), options.ProvisionerNamespace), nil
}

// places are the namespaces to work in.
type places struct {
	// client are those of the GlusterFS clients, and mounts those whose mounts are
	// looked at and bound. In host is what must not end with this process' container.
	client, mounts, host *namespace.Set
}

// hostPID is the id of the host's first process.
const hostPID = 1

func placesOf(options *Options) (*places, error) {
	if os.Getpid() == hostPID {
		return nil, errors.New("cannot find the host's namespaces: its processes are not seen; the pod needs hostPID: true")
	}
	host, err := namespace.Of(hostPID, namespace.Cgroups, namespace.Mounts)
	if err != nil {
		return nil, err
	}
	if options.Client == clientOfHost {
		all, err := namespace.Of(hostPID, namespace.Network, namespace.Names, namespace.Cgroups, namespace.Mounts)
		return &places{client: all, mounts: all, host: host}, err
	}
	// The client has the node's network, as with the host's: GlusterFS servers may
	// let in the nodes only.
	network, err := namespace.Of(hostPID, namespace.Network, namespace.Names)
	if err != nil {
		return nil, err
	}
	own, err := namespace.Of(os.Getpid())
	return &places{client: network, mounts: own, host: host}, err
}

func (p *places) close() { _ = errors.Join(p.client.Close(), p.mounts.Close(), p.host.Close()) }

// running is how many functions run in the namespaces.
func (p *places) running() int {
	running := p.mounts.Running() + p.host.Running()
	if p.client != p.mounts {
		running += p.client.Running()
	}
	return running
}

func (p *places) startOutside(ctx context.Context, command *exec.Cmd) error {
	return client.StartOutside(ctx, p.host, command)
}

// leftoversOf looks after what is mounted where kubelet has volumes be staged.
func leftoversOf(ctx context.Context, places *places, mounts *mount.Mounts, options *Options) *leftovers.Leftovers {
	all, err := namespace.Do(ctx, places.host, connections.Open)
	if err != nil {
		klog.ErrorS(err, "GlusterFS clients that go on after a volume is unmounted are only counted")
	}
	return leftovers.New(leftovers.Options{
		Namespaces: places.mounts, Mounts: mounts, Connections: all,
		Folder: filepath.Join(options.KubeletDir, node.StagingFolder), AbortAfter: options.AbortAfter,
	})
}

// cleanUpBound is how long cleaning up may take before volumes are mounted.
const cleanUpBound = 30 * time.Second

func cleanUp(ctx context.Context, service *node.Service) {
	ctx, cancel := context.WithTimeout(ctx, cleanUpBound)
	defer cancel()
	if err := service.CleanUp(ctx); err != nil {
		klog.ErrorS(err, "Cannot unmount all volumes whose client is gone; the next pod that uses one does")
	}
}

// tidyInterval is how often the clients' logs are looked at.
const tidyInterval = time.Minute

func tidy(ctx context.Context, clientLogs *logs.Logs) {
	ctx, cancel := context.WithTimeout(ctx, tidyInterval)
	defer cancel()
	if err := clientLogs.Tidy(ctx); err != nil && ctx.Err() == nil {
		klog.ErrorS(err, "Cannot tidy up the logs of all clients")
	}
}

// serve serves on the sockets and over HTTP.
func serve(ctx context.Context, options *Options, service *node.Service, kubelet *registration.Registration, metrics *metrics) error {
	work, endWork := context.WithCancelCause(ctx)
	defer endWork(nil)

	driver := newServer(metrics.observeCall)
	csi.RegisterIdentityServer(driver, service)
	csi.RegisterNodeServer(driver, service)
	registrar := newServer()
	registerapi.RegisterRegistrationServer(registrar, kubelet)
	defer registrar.Stop()

	stopServing, err := serving.Start(work, options.Serving, checks(options, kubelet), endWork)
	if err != nil {
		return err
	}
	defer stopServing()
	// kubelet calls the driver as soon as it finds the second socket.
	for _, s := range []socket{
		{path: options.endpoint(), server: driver},
		{path: filepath.Join(options.registrationDir(), kubelet.SocketName()), server: registrar},
	} {
		if err := s.open(work); err != nil {
			return err
		}
	}
	if options.SurveyInterval > 0 {
		go wait.UntilWithContext(work, func(ctx context.Context) { metrics.survey(ctx, service) }, options.SurveyInterval)
	}
	<-work.Done()
	stopGracefully(driver, options.ShutdownGrace)
	if cause := context.Cause(work); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// checks are what is asked of the process: whether the driver answers, and whether kubelet has
// registered it.
func checks(options *Options, kubelet *registration.Registration) serving.Checks {
	return serving.Checks{
		Live:  []serving.Check{{Name: "driver", Ask: func(r *http.Request) error { return probe(r.Context(), options.endpoint()) }}},
		Ready: []serving.Check{{Name: "registration", Ask: func(*http.Request) error { return kubelet.Registered() }}},
	}
}

// stopGracefully takes no more calls, and ends those that have not ended when the grace
// is over.
func stopGracefully(server *grpc.Server, grace time.Duration) {
	over := time.AfterFunc(grace, server.Stop)
	defer over.Stop()
	server.GracefulStop()
}
