package app

import (
	"context"
	"fmt"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/keeper"
)

// Run keeps heketi until the context ends, and then until heketi has finished its operations or the
// grace is over. It returns an error if it cannot start, or if it loses the Lease or the
// database. An API server that is away is waited for.
func Run(ctx context.Context, options *Options) error {
	state := newState()
	metrics := newMetrics(legacyregistry.Registerer(), state.isServing)
	klog.InfoS("Starting", "version", version.Get().GitVersion, "namespace", options.Namespace)
	if err := options.checkFiles(); err != nil {
		return err
	}
	folder, err := openFolder(options.Heketi.Dir)
	if err != nil {
		return err
	}
	defer folder.close()
	config, err := restConfig(options)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	// What serves outlives the signal: it ends with heketi.
	work, endWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer endWork(nil)
	stopServing, err := serving.Start(work, options.Serving, state.checks(), endWork)
	if err != nil {
		return err
	}
	defer stopServing()

	disks, err := options.disks(config, client, metrics)
	if err != nil {
		return err
	}
	defer disks.close()
	recorder, endEvents := newRecorder(client, options.Namespace)
	defer endEvents()
	kept := keeper.New(keeper.Config{
		Client: client, Namespace: options.Namespace, Name: options.databaseName(),
		Heketi: options.Heketi, OtherHeketis: options.OtherHeketis,
		AcceptGeneration: options.AcceptGeneration,
		Settling: keeper.Settling{
			Timeout: options.SettleTimeout, Interval: options.SettleInterval, SettleTime: options.SettleTime,
			Settled: metrics.observeSettled, Left: metrics.observeLeft,
		},
		Events: recorder,
		Keys:   options.keys, Listen: options.listen,
		SaveInterval: options.SaveInterval, SaveTimeout: options.SaveTimeout, Silence: options.Silence, Grace: options.ShutdownGrace,
		Observe: metrics.observeSave, Saved: metrics.observeSaved, Ready: state.serve,
		Waits:  func(err error) { tellPod(client, options.Namespace, err) },
		Beside: disks.work,
	})
	lock, err := newLock(options, config, folder.identity)
	if err != nil {
		return err
	}
	err = holdingLease(ctx, work, options, lock, state, func(holding context.Context) error {
		return kept.Run(ctx, holding)
	})
	if err != nil {
		tellPod(client, options.Namespace, err)
	}
	return err
}

func restConfig(options *Options) (*rest.Config, error) {
	config, err := findCluster(options.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("cannot find a Kubernetes cluster: %w; set --kubeconfig when not running in a pod", err)
	}
	config.UserAgent = name + "/" + version.Get().GitVersion
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	// The database is saved once at a time, and the API server guards itself.
	config.QPS, config.Burst = -1, -1
	return config, nil
}

func findCluster(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.BuildConfigFromFlags("", kubeconfig)
}
