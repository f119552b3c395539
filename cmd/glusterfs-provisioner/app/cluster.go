package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"
)

// cluster is a Kubernetes cluster.
type cluster struct {
	client  kubernetes.Interface
	version *serverVersion
	// uid tells it from others.
	uid types.UID
}

// awaitCluster connects as soon as the API server answers; nil if the context ends before. A
// process that ended instead would be restarted by kubelet later and later, up to five minutes
// after the API server has come back.
func awaitCluster(ctx context.Context, options *Options) (*cluster, error) {
	pause := wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 0.1, Steps: math.MaxInt32, Cap: 10 * time.Second}
	for {
		cluster, err := connect(ctx, options)
		if err == nil || !isAway(err) {
			return cluster, err
		}
		klog.ErrorS(err, "Waiting for the API server")
		select {
		case <-ctx.Done():
			return nil, nil
		case <-time.After(pause.Step()):
		}
	}
}

// isAway says whether an error is one that goes by when the API server comes back.
func isAway(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsInternalError(err) || apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err)
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
	config, err := findCluster(options.Kubeconfig)
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

// findCluster does not leave it to clientcmd which of both it is: that would print warnings in
// a pod, and others outside of one.
func findCluster(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.BuildConfigFromFlags("", kubeconfig)
}
