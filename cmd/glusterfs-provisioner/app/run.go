package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
)

// resyncPeriod is how often every claim and volume is looked at again although
// nothing about it has changed.
const resyncPeriod = 15 * time.Minute

// Run provisions until the context ends, and then until what is in flight has
// ended or the grace is over. It returns an error when it cannot start, or when
// it loses the leadership.
func Run(ctx context.Context, options *Options) error {
	config, err := restConfig(options)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := reachable(ctx, client, config.Host); err != nil {
		return err
	}
	klog.InfoS("Starting", "version", version.Get().GitVersion, "provisioner", options.ProvisionerName, "namespace", options.Namespace)

	// What is in flight outlives the signal: it ends with the work.
	work, endWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer endWork(nil)
	state := &state{}
	metrics := newMetrics(state)
	server, err := serve(work, options.HTTPAddress, state, endWork)
	if err != nil {
		return err
	}
	defer server.stop()

	lead := func(leading context.Context) error {
		return provision(ctx, leading, options, client, metrics, state)
	}
	if !options.LeaderElection.LeaderElect {
		return firstOf(lead(work), context.Cause(work))
	}
	return leadElected(ctx, work, options, config, state, lead)
}

// firstOf returns why the work failed: the error itself, or what ended it.
func firstOf(err, cause error) error {
	if cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

func restConfig(options *Options) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", options.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("cannot find a Kubernetes cluster: %w; set --kubeconfig when not running in a pod", err)
	}
	config.QPS, config.Burst = options.APIQPS, options.APIBurst
	config.UserAgent = name + "/" + version.Get().GitVersion
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	// Newer API servers warn on each glusterfs volume and each Endpoints that
	// these are deprecated. Users are told in the documentation instead.
	config.WarningHandler = rest.NoWarnings{}
	return config, nil
}

// reachable asks the API server for its version, so that a wrong address or a
// broken network is told at once instead of being retried in silence.
func reachable(ctx context.Context, client kubernetes.Interface, host string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	_, err := client.Discovery().RESTClient().Get().AbsPath("/version").DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("cannot reach the API server %s: %w", host, err)
	}
	return nil
}

// provision runs the provisioner as the leader, until stop ends and the work in
// flight is done, or until leading ends.
func provision(stop, leading context.Context, options *Options, client kubernetes.Interface, metrics *metrics, state *state) error {
	work, endWork := context.WithCancel(leading)
	defer endWork()
	factory := informers.NewSharedInformerFactory(client, 0)
	gids := gid.NewAllocator()
	record := journal.New(client.CoreV1(), options.Namespace, options.ProvisionerName)
	events, flushEvents := newRecorder(client, options.ProvisionerName)
	defer flushEvents()

	heketiConfig := options.Heketi
	heketiConfig.Observe = metrics.observeHeketi
	p, err := provisioner.New(provisioner.Dependencies{
		Client:    client,
		Informers: factory,
		Heketi:    heketi.NewConnector(heketiConfig),
		GIDs:      gids,
		Journal:   record,
		Endpoints: endpoints.NewStore(client.CoreV1()),
		Resolver:  net.DefaultResolver,
		Events:    events,
	})
	if err != nil {
		return err
	}
	library := newController(options, client, factory, p, metrics)
	factory.Start(work.Done())
	if err := p.Start(work); err != nil {
		return err
	}
	state.lead(gids, record)
	// It never returns, not even when its context ends.
	go library.Run(work)

	select {
	case <-leading.Done():
		return context.Cause(leading)
	case <-stop.Done():
	}
	klog.InfoS("Finishing what is in flight", "grace", options.ShutdownGrace)
	draining, cancel := context.WithTimeout(leading, options.ShutdownGrace)
	defer cancel()
	if err := p.Drain(draining); err != nil {
		klog.ErrorS(err, "The grace is over")
	}
	return nil
}

// newController returns the library's controller, which runs the queues.
func newController(options *Options, client kubernetes.Interface, factory informers.SharedInformerFactory, p *provisioner.Provisioner, metrics *metrics) *controller.ProvisionController {
	retry := func() workqueue.RateLimiter {
		return workqueue.NewItemExponentialFailureRateLimiter(options.RetryIntervalStart, options.RetryIntervalMax)
	}
	return controller.NewProvisionController(provisioner.PatchingFinalizers(client), options.ProvisionerName, p,
		controller.LeaderElection(false),
		controller.ResyncPeriod(resyncPeriod),
		controller.Threadiness(options.WorkerThreads),
		controller.RateLimiter(retry()),
		// Claims and deletions are tried for as long as they exist.
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0),
		// Save a PersistentVolume until it succeeds, and never delete its
		// volume because it could not be saved.
		controller.CreateProvisionedPVLimiter(retry()),
		controller.AddFinalizer(true),
		controller.ClaimsInformer(factory.Core().V1().PersistentVolumeClaims().Informer()),
		controller.VolumesInformer(factory.Core().V1().PersistentVolumes().Informer()),
		controller.ClassesInformer(factory.Storage().V1().StorageClasses().Informer()),
		controller.MetricsInstance(metrics.library),
	)
}
