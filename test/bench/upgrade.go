package bench

import (
	"context"
	"errors"
)

// Upgrade has the cluster go on as another version, at the same address and with the same
// objects: kube-apiserver first, then kube-controller-manager.
func (c *Cluster) Upgrade(ctx context.Context, version Kubernetes) error {
	binaries, err := BuildCluster(ctx, c.options.Root, version, c.options.Log)
	if err != nil {
		return err
	}
	if err := errors.Join(c.StopControllerManager(), c.StopAPIServer()); err != nil {
		return err
	}
	c.become(version, binaries)
	if err := c.StartAPIServer(ctx); err != nil {
		return err
	}
	return c.StartControllerManager(ctx)
}

// become has the next servers that are started be those of a version.
func (c *Cluster) become(version Kubernetes, binaries ClusterBinaries) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.options.Kubernetes = version
	c.binaries.APIServer, c.binaries.ControllerManager = binaries.APIServer, binaries.ControllerManager
}
