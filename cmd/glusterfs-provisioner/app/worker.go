package app

import (
	"context"
	"math/rand/v2"
	"net"
	"time"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/cmd/glusterfs-provisioner/metrics"
	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
)

// resyncPeriod is how often every claim and volume is looked at again although
// nothing about it has changed.
const resyncPeriod = 15 * time.Minute

// worker is what the leader runs.
type worker struct {
	options     *Options
	informers   informers.SharedInformerFactory
	provisioner *provisioner.Provisioner
	library     *controller.ProvisionController
	metrics     *metrics.Metrics
	elsewhere   elsewhere
}

// newWorker puts the parts together. It has to be called while nothing else uses the
// client: the library registers types with client-go's global scheme, which others read
// without a lock.
func newWorker(options *Options, cluster *cluster, metrics *metrics.Metrics) (*worker, error) {
	client := cluster.client
	events := newRecorder(client, options.ProvisionerName)
	w := &worker{
		options:   options,
		informers: informers.NewSharedInformerFactory(client, resyncPeriod),
		metrics:   metrics,
		elsewhere: elsewhere{client, events, options.lockName(), options.Namespace},
	}
	heketiConfig := options.Heketi
	heketiConfig.Observer = metrics
	var err error
	w.provisioner, err = provisioner.New(provisioner.Dependencies{
		Name:       options.ProvisionerName,
		Kubernetes: cluster.uid,
		Client:     client,
		Informers:  w.informers,
		Heketi:     heketi.NewConnector(heketiConfig),
		GIDs:       gid.NewAllocator(),
		Journal:    journal.New(client.CoreV1(), options.Namespace, options.ProvisionerName),
		Namespace:  options.Namespace,
		Endpoints:  endpoints.NewStore(client.CoreV1()),
		Resolver:   net.DefaultResolver,
		Events:     events,

		RetryClaim:         retry(options),
		RetryExpansion:     retry(options),
		RetryConversion:    retry(options),
		APIServerVersion:   cluster.version.now,
		AttributesClass:    attributesClasses{client.CoreV1().RESTClient(), cluster.version.now}.of,
		EndpointsSync:      options.EndpointsSync,
		Observer:           metrics,
		EndpointsRepaired:  metrics.EndpointsRepaired,
		StorageHostsUnread: metrics.StorageHostsUnread,
		HeketiCleanedUp:    metrics.HeketiCleanedUp,
	})
	if err != nil {
		return nil, err
	}
	w.library = newController(options, client, w.informers, w.provisioner, metrics)
	return w, nil
}

// newCommandWorker returns a worker for a command that does one thing beside the leader. Its
// caches are filled, until the context ends.
func newCommandWorker(ctx context.Context, options *Options) (*worker, error) {
	cluster, err := connect(ctx, options)
	if err != nil {
		return nil, err
	}
	w, err := newWorker(options, cluster, metrics.New((&state{}).leader))
	if err != nil {
		return nil, err
	}
	w.informers.Start(ctx.Done())
	return w, w.provisioner.CatchUp(ctx)
}

// lead provisions until stop ends and what is in flight is done, or until
// leading ends.
func (w *worker) lead(stop, leading context.Context, state *state) error {
	work, endWork := context.WithCancel(leading)
	defer endWork()
	w.informers.Start(work.Done())
	go w.elsewhere.tell(work)
	if stopped, err := w.takeOver(work, stop); stopped || err != nil {
		return err
	}
	state.lead(w.provisioner)
	// It never returns, not even when its context ends.
	go w.library.Run(work)

	select {
	case <-leading.Done():
		return context.Cause(leading)
	case <-stop.Done():
	}
	klog.InfoS("Finishing what is in flight", "grace", w.options.ShutdownGrace)
	draining, cancel := context.WithTimeout(leading, w.options.ShutdownGrace)
	defer cancel()
	if err := w.provisioner.Drain(draining); err != nil {
		klog.ErrorS(err, "The grace is over")
	}
	return nil
}

// takeOver learns what has to be known before anything is provisioned. It says whether
// stop ended before that.
func (w *worker) takeOver(ctx, stop context.Context) (stopped bool, err error) {
	started := make(chan error, 1)
	go func() { started <- w.provisioner.Start(ctx) }()
	select {
	case <-stop.Done():
		return true, nil
	case err := <-started:
		if err != nil || w.options.AuditInterval <= 0 {
			return false, err
		}
	}
	select {
	case <-stop.Done():
		return true, nil
	case <-w.auditFromNowOn(ctx).Done():
		return false, nil
	}
}

// retry says when what failed is tried again.
func retry(options *Options) workqueue.RateLimiter {
	return scattered{workqueue.NewItemExponentialFailureRateLimiter(options.RetryIntervalStart, options.RetryIntervalMax)}
}

// scattered shortens each pause by up to a fifth, so that what failed together is not
// tried again together for ever.
type scattered struct{ workqueue.RateLimiter }

// When returns the pause.
func (s scattered) When(item any) time.Duration {
	pause := s.RateLimiter.When(item)
	return pause - time.Duration(rand.Int64N(int64(pause)/5+1))
}

// newController returns the library's controller, which runs the queues.
func newController(options *Options, client kubernetes.Interface, factory informers.SharedInformerFactory, p *provisioner.Provisioner, metrics *metrics.Metrics) *controller.ProvisionController {
	return controller.NewProvisionController(p.LibraryClient(client), options.ProvisionerName, p,
		controller.LeaderElection(false),
		controller.ResyncPeriod(resyncPeriod),
		controller.Threadiness(options.WorkerThreads),
		controller.RateLimiter(p.Pauses),
		// Claims and deletions are tried for as long as they exist.
		controller.FailedProvisionThreshold(0),
		controller.FailedDeleteThreshold(0),
		// Save a PersistentVolume until it succeeds, and never delete its
		// volume because it could not be saved.
		controller.CreateProvisionedPVLimiter(retry(options)),
		controller.AddFinalizer(true),
		controller.ClaimsInformer(p.Claims),
		controller.VolumesInformer(p.Volumes),
		controller.ClassesInformer(factory.Storage().V1().StorageClasses().Informer()),
		controller.MetricsInstance(metrics.Library()),
	)
}
