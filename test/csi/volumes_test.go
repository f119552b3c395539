package csi

import (
	"context"
	"crypto/md5"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// patience is how long something may take that has to come about by itself.
const patience = time.Minute

// bricks is where the hosts have their bricks.
const bricks = "/var/lib/heketi"

// cluster is the id that heketi would have given to the hosts.
const cluster = "c0000000000000000000000000000001"

// join has the first host take the others in.
func join(ctx context.Context, hosts []*gluster.Host) error {
	for _, host := range hosts[1:] {
		if _, err := hosts[0].Run(ctx, "gluster peer probe "+host.Address()); err != nil {
			return err
		}
	}
	return connect(ctx, hosts)
}

// connectBound is how long it may take: hosts that have just started start the bricks of all
// volumes first.
const connectBound = 3 * patience

// connect waits until each of the hosts, which are peers, is connected with all others.
func connect(ctx context.Context, hosts []*gluster.Host) error {
	return bench.Until(ctx, connectBound, func(ctx context.Context) error {
		// What one sees says nothing of two others, and each refuses a volume while it does not reach another one.
		for _, host := range hosts {
			output, err := host.Run(ctx, "gluster peer status")
			if err == nil && strings.Count(output, "Peer in Cluster (Connected)") != len(hosts)-1 {
				err = fmt.Errorf("%s is not connected to all others: %s", host.Name(), output)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// glusterVolume is a volume and what its PersistentVolume would say.
type glusterVolume struct {
	name       string
	handle     string
	attributes map[string]string
	// options are the mountOptions.
	options []string
}

var volumes atomic.Int64

// makeVolume makes a volume with a replica on each host.
func makeVolume(ctx context.Context, hosts []*gluster.Host) (glusterVolume, error) {
	name := fmt.Sprintf("volume-%d", volumes.Add(1))
	var places, servers []string
	for _, host := range hosts {
		places = append(places, host.Address()+":"+bricks+"/"+name)
		servers = append(servers, host.Address())
	}
	for _, command := range []string{
		fmt.Sprintf("volume create %s replica %d %s force", name, len(places), strings.Join(places, " ")),
		// What a client waits for a server that has gone, 42 s by default.
		"volume set " + name + " network.ping-timeout 5",
		"volume start " + name,
	} {
		if _, err := hosts[0].Run(ctx, "gluster --mode=script "+command); err != nil {
			return glusterVolume{}, err
		}
	}
	return glusterVolume{
		name: name, handle: fmt.Sprintf("%s:%x", cluster, md5.Sum([]byte(name))),
		attributes: map[string]string{"cluster": cluster, "volume": name, "servers": strings.Join(servers, ",")},
	}, nil
}

func removeVolume(ctx context.Context, name string) error {
	for _, command := range []string{"volume stop " + name + " force", "volume delete " + name} {
		if _, err := env.hosts.All()[0].Run(ctx, "gluster --mode=script "+command); err != nil {
			return err
		}
	}
	return nil
}

// newVolume makes a volume for a test.
func newVolume(t *testing.T) glusterVolume {
	t.Helper()
	return newVolumeOn(t, env.hosts.All())
}

func newVolumeOn(t *testing.T, hosts []*gluster.Host) glusterVolume {
	t.Helper()
	v, err := makeVolume(t.Context(), hosts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
