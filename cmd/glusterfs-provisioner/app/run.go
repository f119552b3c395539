package app

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/cmd/serving"
)

// Run provisions until the context ends. It returns when what is in flight has ended or
// the grace is over. It returns an error if it cannot start, or if it loses the
// leadership.
func Run(ctx context.Context, options *Options) error {
	cluster, err := connect(ctx, options)
	if err != nil {
		return err
	}
	state := &state{}
	worker, err := newWorker(options, cluster, registerMetrics(legacyregistry.Registerer(), state))
	if err != nil {
		return err
	}
	klog.InfoS("Starting", "version", version.Get().GitVersion, "provisioner", options.ProvisionerName, "namespace", options.Namespace)

	// What is in flight outlives the signal: it ends with the work.
	work, endWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer endWork(nil)
	stopServing, err := serving.Start(work, options.Serving, state.checks(), endWork)
	if err != nil {
		return err
	}
	defer stopServing()

	lead := func(leading context.Context) error { return worker.lead(ctx, leading, state) }
	return leadElected(ctx, work, options, state, lead)
}

// cluster is a Kubernetes cluster.
type cluster struct {
	client  kubernetes.Interface
	version *serverVersion
	// uid tells it from others.
	uid types.UID
}

// connect returns a cluster whose API server answers.
func connect(ctx context.Context, options *Options) (*cluster, error) {
	config, err := restConfig(options)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	version, err := askServerVersion(ctx, client.Discovery().RESTClient())
	if err != nil {
		return nil, fmt.Errorf("cannot reach the API server %s: %w", config.Host, err)
	}
	system, err := client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("cannot read namespace %s, whose UID tells this cluster from others: %w; allow it: kubectl apply -f deploy/", metav1.NamespaceSystem, err)
	}
	return &cluster{client, version, system.UID}, nil
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
