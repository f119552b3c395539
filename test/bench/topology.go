package bench

import (
	"bytes"
	"context"
	"fmt"

	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// loadTopology makes heketi's clusters, nodes and devices.
func (h *Heketi) loadTopology(ctx context.Context) error {
	if h.options.TopologyFile != "" {
		return h.loadTopologyFile(ctx)
	}
	for cluster := range h.options.Clusters {
		flags := api.ClusterFlags{Block: true, File: true}
		made, err := h.client.ClusterCreate(&api.ClusterCreateRequest{ClusterFlags: flags})
		if err != nil {
			return fmt.Errorf("cannot make heketi's cluster %d: %w", cluster+1, err)
		}
		h.clusters = append(h.clusters, made.Id)
		for node := range h.options.NodesPerCluster {
			if err := h.addNode(ctx, cluster, node); err != nil {
				return fmt.Errorf("cannot add node %d to heketi's cluster %d: %w", node+1, cluster+1, err)
			}
		}
	}
	return nil
}

// AddNode adds a node without devices to a cluster, and returns the node's id.
func (h *Heketi) AddNode(cluster, address string) (id string, err error) {
	added, err := h.client.NodeAdd(&api.NodeAddRequest{
		ClusterId: cluster,
		Hostnames: api.HostAddresses{Manage: []string{address}, Storage: []string{address}},
		Zone:      1,
	})
	if err != nil {
		return "", fmt.Errorf("cannot add node %s to heketi's cluster %s: %w", address, cluster, err)
	}
	return added.Id, nil
}

// RemoveNode removes a node that has no devices.
func (h *Heketi) RemoveNode(id string) error {
	if err := h.client.NodeDelete(id); err != nil {
		return fmt.Errorf("cannot remove heketi's node %s: %w", id, err)
	}
	return nil
}

func (h *Heketi) loadTopologyFile(ctx context.Context) error {
	output, err := h.CLI(ctx, "topology", "load", "--json="+h.options.TopologyFile)
	if err != nil {
		return fmt.Errorf("cannot load heketi's topology: %w: %s", err, output)
	}
	// heketi-cli goes on, and ends well, when a node or a device is refused.
	if bytes.Contains(output, []byte("Unable to")) {
		return fmt.Errorf("cannot load heketi's topology: %s", output)
	}
	list, err := h.client.ClusterList()
	if err != nil {
		return fmt.Errorf("cannot list heketi's clusters: %w", err)
	}
	h.clusters = list.Clusters
	return nil
}

func (h *Heketi) addNode(ctx context.Context, cluster, node int) error {
	address := fmt.Sprintf("192.168.%d.%d", 10+cluster, 1+node)
	storage := address
	if len(h.options.StorageHosts) > 0 {
		storage = h.options.StorageHosts[cluster*h.options.NodesPerCluster+node]
	}
	added, err := h.client.NodeAdd(&api.NodeAddRequest{
		ClusterId: h.clusters[cluster],
		Hostnames: api.HostAddresses{Manage: []string{address}, Storage: []string{storage}},
		Zone:      1 + node,
	})
	if err != nil {
		return err
	}
	for device := range h.options.DevicesPerNode {
		// heketi's client knows no context.
		if err := ctx.Err(); err != nil {
			return err
		}
		name := fmt.Sprintf("/dev/disk%d", 1+device)
		if err := h.client.DeviceAdd(&api.DeviceAddRequest{Device: api.Device{Name: name}, NodeId: added.Id}); err != nil {
			return fmt.Errorf("cannot add the device %s: %w", name, err)
		}
	}
	return nil
}
