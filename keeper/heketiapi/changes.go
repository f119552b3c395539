package heketiapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// MakeCluster makes a cluster for volumes with files, and returns its id.
func (c *Client) MakeCluster(ctx context.Context) (id string, err error) {
	body, err := c.do(ctx, http.MethodPost, "/clusters", api.ClusterCreateRequest{ClusterFlags: api.ClusterFlags{File: true}})
	if err != nil {
		return "", err
	}
	var made api.ClusterInfoResponse
	if err := json.Unmarshal(body, &made); err != nil {
		return "", fmt.Errorf("cannot read which cluster heketi has made: %w", err)
	}
	return made.Id, nil
}

// AddNode adds a node to a cluster. Name is how heketi finds the node's pod, and address how gluster reaches it.
func (c *Client) AddNode(ctx context.Context, cluster, name, address string, zone int) error {
	_, err := c.do(ctx, http.MethodPost, "/nodes", api.NodeAddRequest{
		ClusterId: cluster, Zone: zone,
		Hostnames: api.HostAddresses{Manage: []string{name}, Storage: []string{address}},
	})
	return err
}

// AddDevice adds a disk to a node.
func (c *Client) AddDevice(ctx context.Context, node, path string, destroyData bool) error {
	_, err := c.do(ctx, http.MethodPost, "/devices", api.DeviceAddRequest{
		Device: api.Device{Name: path}, NodeId: node, DestroyData: destroyData,
	})
	return err
}

// SetDeviceState takes a device out of use. With api.EntryStateFailed, its bricks move to others.
func (c *Client) SetDeviceState(ctx context.Context, device string, state api.EntryState) error {
	_, err := c.do(ctx, http.MethodPost, "/devices/"+device+"/state", api.StateRequest{State: state})
	return err
}

// MoveBrick has heketi replace a brick by one on another disk. Gluster fills that later on.
func (c *Client) MoveBrick(ctx context.Context, brick string) error {
	_, err := c.doPolling(ctx, http.MethodPost, "/bricks/to-evict/"+brick, nil, pollMove)
	return err
}

// DeleteDevice removes a failed device, and what LVM has on the disk.
func (c *Client) DeleteDevice(ctx context.Context, device string) error {
	_, err := c.do(ctx, http.MethodDelete, "/devices/"+device, nil)
	return err
}

// ForgetDevice removes a failed device that is gone for good. What LVM may have on the disk stays if it cannot be removed.
func (c *Client) ForgetDevice(ctx context.Context, device string) error {
	_, err := c.do(ctx, http.MethodDelete, "/devices/"+device, api.DeviceDeleteOptions{ForceForget: true})
	return err
}

// DeleteNode removes a node without devices.
func (c *Client) DeleteNode(ctx context.Context, node string) error {
	_, err := c.do(ctx, http.MethodDelete, "/nodes/"+node, nil)
	return err
}

// DeleteCluster removes a cluster without nodes.
func (c *Client) DeleteCluster(ctx context.Context, cluster string) error {
	_, err := c.do(ctx, http.MethodDelete, "/clusters/"+cluster, nil)
	return err
}
