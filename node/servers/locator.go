package servers

import (
	"context"
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
	found   func(Found)
}

// NewLocator returns a locator that tries servers from the namespaces' network, and tells
// what it has found.
func NewLocator(present *Present, network *namespace.Set, found func(Found)) *Locator {
	return &Locator{present: present, network: network, found: found}
}

// Locate returns the servers that the cluster has at present. A server that it has no more
// is not asked: its address may be somebody else's by now, and a client does what its
// server says. Only if the present ones cannot be read, those that were recorded have to do.
func (l *Locator) Locate(ctx context.Context, v volume.Volume, options mountoptions.Options) Found {
	servers, err := l.present.Of(ctx, v.Cluster)
	if err != nil {
		klog.FromContext(ctx).Info("Mounting from the servers that the PersistentVolume recorded", "volume", v.Name, "servers", v.Servers, "reason", err.Error())
		servers = v.Servers
	}
	f := Found{Unknown: err}
	f.Servers, f.Silent = AnsweringFirst(ctx, l.network, Shuffled(servers), Port(options))
	l.found(f)
	return f
}

// Port is where the servers listen.
func Port(options mountoptions.Options) int {
	value, _ := options.Value(mountoptions.ServerPort)
	if port, err := strconv.ParseUint(value, 10, 16); err == nil {
		return int(port)
	}
	return DefaultPort
}
