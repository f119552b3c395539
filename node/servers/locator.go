package servers

import (
	"context"
	"net/netip"
	"strconv"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/volume"
)

// Locator finds the servers that volumes can be mounted from.
type Locator struct {
	present *Present
	network *namespace.Set
}

// NewLocator returns a locator that tries servers from the namespaces' network.
func NewLocator(present *Present, network *namespace.Set) *Locator {
	return &Locator{present: present, network: network}
}

// Locate returns the servers in the order in which to ask them, at least one. Those at
// the end that did not answer are returned a second time as silent. If the servers of
// the present cannot be read, those that were recorded have to do.
func (l *Locator) Locate(ctx context.Context, v volume.Volume, options mountoptions.Options) (ordered, silent []netip.Addr) {
	present, err := l.present.Of(ctx, v.Cluster)
	if err != nil {
		klog.InfoS("Mounting from the servers that the PersistentVolume records", "volume", v.Name, "cluster", v.Cluster, "reason", err)
	}
	return AnsweringFirst(ctx, l.network, Order(present, v.Servers), port(options))
}

// port is where the servers listen.
func port(options mountoptions.Options) int {
	value, _ := options.Value(mountoptions.ServerPort)
	if port, err := strconv.ParseUint(value, 10, 16); err == nil {
		return int(port)
	}
	return DefaultPort
}
