package glusterpods

import (
	"context"
	"fmt"
	"slices"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/provisioner/glustercli"
	"glusterfs-provisioner/provisioner/glusterxml"
)

// Run runs a command in a GlusterFS pod, and returns what it prints, also if it fails.
type Run func(ctx context.Context, pod disks.Pod, words []string) ([]byte, error)

// in runs commands in one pod.
func (r Run) in(pod disks.Pod) glustercli.Run {
	return func(ctx context.Context, words []string) ([]byte, error) { return r(ctx, pod, words) }
}

// Health returns how a volume is.
func Health(ctx context.Context, run Run, pod disks.Pod, volume string) (glustercli.Health, error) {
	in := run.in(pod)
	volumes, err := glustercli.Ask(ctx, in, glusterxml.ReadVolumes, "volume", "info", volume)
	if err != nil {
		return glustercli.Health{}, err
	}
	i := slices.IndexFunc(volumes, func(one glusterxml.Volume) bool { return one.Name == volume })
	if i < 0 {
		return glustercli.Health{}, fmt.Errorf("gluster does not know the volume %s", volume)
	}
	return glustercli.AskHealth(ctx, in, volumes[i])
}

// HasPeer says whether the pool has a host of that address beside the one that is asked.
func HasPeer(ctx context.Context, run Run, pod disks.Pod, address string) (bool, error) {
	pool, err := glustercli.Ask(ctx, run.in(pod), glusterxml.ReadPool, "pool", "list")
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(pool.Peers, func(peer glusterxml.Peer) bool { return peer.Hostname == address }), nil
}

// Peers is how many hosts the pool has beside the one that is asked.
func Peers(ctx context.Context, run Run, pod disks.Pod) (int, error) {
	pool, err := glustercli.Ask(ctx, run.in(pod), glusterxml.ReadPool, "pool", "list")
	return len(pool.Peers), err
}

// Detach takes a host out of the pool that is not reached any more. gluster refuses it while a volume has a brick there.
func Detach(ctx context.Context, run Run, pod disks.Pod, address string) error {
	_, err := glustercli.Ask(ctx, run.in(pod), glusterxml.ReadDone, "peer", "detach", address, "force")
	return err
}
