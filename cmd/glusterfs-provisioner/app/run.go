package app

import (
	"context"

	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/cmd/serving"
)

// Run provisions until the context ends. It returns when what is in flight has ended or
// the grace is over. It returns an error if it cannot start, or if it loses the
// leadership. An API server that is away is waited for.
func Run(ctx context.Context, options *Options) error {
	state := &state{}
	metrics := registerMetrics(legacyregistry.Registerer(), state)
	klog.InfoS("Starting", "version", version.Get().GitVersion, "provisioner", options.ProvisionerName, "namespace", options.Namespace)

	// What is in flight outlives the signal: it ends with the work.
	work, endWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer endWork(nil)
	stopServing, err := serving.Start(work, options.Serving, state.checks(), endWork)
	if err != nil {
		return err
	}
	defer stopServing()

	cluster, err := awaitCluster(ctx, options)
	if err != nil || cluster == nil {
		return err
	}
	state.connect()
	worker, err := newWorker(options, cluster, metrics)
	if err != nil {
		return err
	}
	lead := func(leading context.Context) error { return worker.lead(ctx, leading, state) }
	return leadElected(ctx, work, options, state, lead)
}
