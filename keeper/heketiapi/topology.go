package heketiapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// Cluster is one of heketi's.
type Cluster struct {
	ID string
	// File is whether heketi makes volumes with files in it.
	File  bool
	Nodes []Node
	// Volumes are the ids of its volumes, also of those for blocks.
	Volumes []string
}

// Node is a node of a cluster.
type Node struct {
	ID, Name, Address string
	Zone              int
	Devices           []Device
}

// Device is a disk of a node.
type Device struct {
	ID string
	// Paths are all by which heketi knows it, first the one by which it was added.
	Paths  []string
	State  api.EntryState
	Bricks []Brick
}

// Brick is a brick on a disk.
type Brick struct {
	ID string
	// Path is where it is on its node, and Volume the id of its volume.
	Path, Volume string
}

// Volume is a volume with files.
type Volume struct {
	ID, Name string
	// HasCopies says whether another brick stands in for each of its bricks.
	HasCopies bool
}

// Clusters reads what heketi has, ordered by id.
func (c *Client) Clusters(ctx context.Context) ([]Cluster, error) {
	var list api.ClusterListResponse
	if err := c.get(ctx, "/clusters", &list); err != nil {
		return nil, err
	}
	slices.Sort(list.Clusters)
	clusters := make([]Cluster, 0, len(list.Clusters))
	for _, id := range list.Clusters {
		var info api.ClusterInfoResponse
		if err := c.get(ctx, "/clusters/"+id, &info); isGone(err) {
			continue
		} else if err != nil {
			return nil, err
		}
		cluster := Cluster{ID: id, File: info.File, Volumes: slices.Concat(info.Volumes, info.BlockVolumes)}
		for _, id := range info.Nodes {
			var node api.NodeInfoResponse
			if err := c.get(ctx, "/nodes/"+id, &node); isGone(err) {
				continue
			} else if err != nil {
				return nil, err
			}
			cluster.Nodes = append(cluster.Nodes, nodeOf(node))
		}
		clusters = append(clusters, cluster)
	}
	return clusters, nil
}

// isGone says that somebody has removed what was listed.
func isGone(err error) bool {
	var answered *Error
	return errors.As(err, &answered) && answered.Status == http.StatusNotFound
}

func nodeOf(info api.NodeInfoResponse) Node {
	node := Node{ID: info.Id, Zone: info.Zone}
	// heketi itself goes by the first of each, see apps/glusterfs/node_entry.go there.
	if len(info.Hostnames.Manage) > 0 {
		node.Name = info.Hostnames.Manage[0]
	}
	if len(info.Hostnames.Storage) > 0 {
		node.Address = info.Hostnames.Storage[0]
	}
	for _, device := range info.DevicesInfo {
		node.Devices = append(node.Devices, Device{
			ID: device.Id, Paths: append([]string{device.Name}, device.Paths...), State: device.State, Bricks: bricksOf(device),
		})
	}
	slices.SortFunc(node.Devices, func(a, b Device) int { return strings.Compare(a.Paths[0], b.Paths[0]) })
	return node
}

// bricksOf are the bricks of a device, those of a volume one after another.
func bricksOf(device api.DeviceInfoResponse) []Brick {
	bricks := make([]Brick, 0, len(device.Bricks))
	for _, brick := range device.Bricks {
		bricks = append(bricks, Brick{ID: brick.Id, Path: brick.Path, Volume: brick.VolumeId})
	}
	slices.SortFunc(bricks, func(a, b Brick) int { return cmp.Or(strings.Compare(a.Volume, b.Volume), strings.Compare(a.ID, b.ID)) })
	return bricks
}

// Volume reads a volume with files; nil if heketi has none of that id, or is still making or deleting it.
func (c *Client) Volume(ctx context.Context, id string) (*Volume, error) {
	var info api.VolumeInfoResponse
	if err := c.get(ctx, "/volumes/"+id, &info); isGone(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return &Volume{ID: id, Name: info.Name, HasCopies: info.Durability.Type != api.DurabilityDistributeOnly}, nil
}

// Operations are the operations that heketi works on or was interrupted in, each with its kind.
func (c *Client) Operations(ctx context.Context) ([]string, error) {
	var list api.PendingOperationListResponse
	if err := c.get(ctx, "/operations/pending", &list); err != nil {
		return nil, err
	}
	var operations []string
	for _, operation := range list.PendingOperations {
		operations = append(operations, operation.TypeName+" "+operation.Id)
	}
	return operations, nil
}
