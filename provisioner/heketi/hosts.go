package heketi

import (
	"context"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// Cluster is what a heketi can make volumes on.
type Cluster struct {
	ID string
	// TakesFiles says that volumes for files may be made in it, not only for blocks.
	TakesFiles bool
	Hosts      []Host
}

// Host is a storage host.
type Host struct {
	Zone int
	// Online says that volumes may be made on it.
	Online bool
	// FreeGiB is the most that one of its devices has free that is online.
	FreeGiB float64
}

const kibPerGiB = 1 << 20

// Cluster asks for a cluster and its hosts, with one request for each.
func (c *Client) Cluster(ctx context.Context, id string) (Cluster, error) {
	var info *api.ClusterInfoResponse
	err := c.call(ctx, "look at cluster "+id, func(client *gcli.Client) (err error) {
		info, err = client.ClusterInfo(id)
		return err
	})
	if err != nil {
		return Cluster{}, err
	}
	cluster := Cluster{ID: id, TakesFiles: info.File}
	for _, node := range info.Nodes {
		host, err := c.host(ctx, node)
		if err != nil {
			return Cluster{}, err
		}
		cluster.Hosts = append(cluster.Hosts, host)
	}
	return cluster, nil
}

func (c *Client) host(ctx context.Context, id string) (Host, error) {
	var info *api.NodeInfoResponse
	err := c.call(ctx, "look at node "+id, func(client *gcli.Client) (err error) {
		info, err = client.NodeInfo(id)
		return err
	})
	if err != nil {
		return Host{}, err
	}
	host := Host{Zone: info.Zone, Online: info.State == api.EntryStateOnline}
	for _, device := range info.DevicesInfo {
		if device.State == api.EntryStateOnline {
			host.FreeGiB = max(host.FreeGiB, float64(device.Storage.Free)/kibPerGiB)
		}
	}
	return host, nil
}
