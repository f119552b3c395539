package app

import (
	"context"
	"fmt"

	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/cmd/serving"
	"glusterfs-provisioner/host"
)

// Run runs GlusterFS until the context ends, and ends its processes then. It returns an error if it cannot start.
func Run(ctx context.Context, options *Options) error {
	klog.InfoS("Starting", "version", version.Get().GitVersion, "node", options.Node.Name)
	if err := checkStart(ctx, options.Node); err != nil {
		return fmt.Errorf("refusing to start: %w", err)
	}
	latest := newLatest(options.SurveyInterval)
	registerMetrics(legacyregistry.Registerer(), latest.state)
	started, err := host.New(options.config(latest.set))
	if err != nil {
		return err
	}
	// The endpoints outlive the signal: they tell until the bricks have ended.
	work, endWork := context.WithCancelCause(context.WithoutCancel(ctx))
	defer endWork(nil)
	stopServing, err := serving.Start(work, options.Serving, latest.checks(), endWork)
	if err != nil {
		return err
	}
	defer stopServing()
	return started.Run(ctx)
}
