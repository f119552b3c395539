package glusterpods

import (
	"context"
	"fmt"
	"slices"
	"time"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/provisioner/glusterxml"
)

// askBound is how long a command of gluster may take; gluster itself gives up after two minutes.
const askBound = 3 * time.Minute

// Run runs a command in a GlusterFS pod, and returns what it prints, also if it fails.
type Run func(ctx context.Context, pod disks.Pod, words []string) ([]byte, error)

// Health returns how a volume is.
func Health(ctx context.Context, run Run, pod disks.Pod, volume string) (disks.Health, error) {
	volumes, err := ask(ctx, run, pod, glusterxml.ReadVolumes, "volume", "info", volume)
	if err != nil {
		return disks.Health{}, err
	}
	i := slices.IndexFunc(volumes, func(one glusterxml.Volume) bool { return one.Name == volume })
	if i < 0 {
		return disks.Health{}, fmt.Errorf("gluster does not know the volume %s", volume)
	}
	if !volumes[i].Started {
		return disks.Health{}, nil
	}
	// Where there are no replicas, gluster fails to tell of clients while there are none.
	if !volumes[i].Heals() {
		served, err := ask(ctx, run, pod, glusterxml.ReadServed, "volume", "status", volume)
		return healthOf(volumes[i], served, nil), err
	}
	served, err := ask(ctx, run, pod, glusterxml.ReadServed, "volume", "status", volume, "clients")
	if err != nil {
		return disks.Health{}, err
	}
	healing, err := ask(ctx, run, pod, glusterxml.ReadHealing, "volume", "heal", volume, "info", "summary")
	return healthOf(volumes[i], served, healing), err
}

// healthOf brings together what gluster tells of a started volume. Of a brick that is away, it tells no name.
func healthOf(volume glusterxml.Volume, served []glusterxml.ServedBrick, healing []glusterxml.Healing) disks.Health {
	health := disks.Health{Started: true}
	for _, set := range volume.Sets() {
		var bricks []disks.BrickHealth
		for _, brick := range set {
			one := disks.BrickHealth{Name: brick.Name}
			for _, served := range served {
				if served.Name == brick.Name {
					one.Online, one.Clients = served.Online, served.Clients
				}
			}
			for _, told := range healing {
				if told.Brick == brick.Name && told.Connected {
					one.Told, one.Pending, one.SplitBrain = true, told.Pending, told.SplitBrain
				}
			}
			bricks = append(bricks, one)
		}
		health.Sets = append(health.Sets, bricks)
	}
	return health
}

// HasPeer says whether the pool has a host of that address beside the one that is asked.
func HasPeer(ctx context.Context, run Run, pod disks.Pod, address string) (bool, error) {
	pool, err := ask(ctx, run, pod, glusterxml.ReadPool, "pool", "list")
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(pool.Peers, func(peer glusterxml.Peer) bool { return peer.Hostname == address }), nil
}

// Peers is how many hosts the pool has beside the one that is asked.
func Peers(ctx context.Context, run Run, pod disks.Pod) (int, error) {
	pool, err := ask(ctx, run, pod, glusterxml.ReadPool, "pool", "list")
	return len(pool.Peers), err
}

// Detach takes a host out of the pool that is not reached any more. gluster refuses it while a volume has a brick there.
func Detach(ctx context.Context, run Run, pod disks.Pod, address string) error {
	_, err := ask(ctx, run, pod, glusterxml.ReadDone, "peer", "detach", address, "force")
	return err
}

// ask runs gluster in a pod, and reads what it prints.
func ask[T any](ctx context.Context, run Run, pod disks.Pod, read func([]byte) (T, error), words ...string) (told T, err error) {
	ctx, cancel := context.WithTimeout(ctx, askBound)
	defer cancel()
	printed, err := run(ctx, pod, append(append([]string{"gluster", "--mode=script"}, words...), "--xml"))
	// With --xml, gluster also prints why it fails, and then ends with a status.
	if err != nil && len(printed) == 0 {
		return told, err
	}
	return read(printed)
}
