package node

import (
	"context"

	"glusterfs-provisioner/test/bench"
)

// UpgradeScheduler has another version's scheduler take over, as where the control plane is
// upgraded.
func (n *Node) UpgradeScheduler(ctx context.Context, to bench.NodeBinaries) error {
	if err := n.scheduler.Stop(); err != nil {
		return err
	}
	n.options.Binaries.Scheduler = to.Scheduler
	return n.startScheduler(ctx)
}

// UpgradeKubelet has another version's kubelet take over, with the folder of the one before,
// and waits until Kubernetes takes the node for ready.
func (n *Node) UpgradeKubelet(ctx context.Context, to bench.NodeBinaries) error {
	if err := n.StopKubelet(); err != nil {
		return err
	}
	n.options.Binaries.Kubelet, n.options.Binaries.Version = to.Kubelet, to.Version
	return n.StartKubelet(ctx)
}
