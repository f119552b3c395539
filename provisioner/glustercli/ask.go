package glustercli

import (
	"context"
	"time"

	"glusterfs-provisioner/provisioner/glusterxml"
)

// Bound is how long a command of gluster may take; gluster itself gives up after two minutes.
const Bound = 3 * time.Minute

// Run runs a command in a GlusterFS pod, and returns what it prints, also if it fails.
type Run func(ctx context.Context, words []string) ([]byte, error)

// Ask runs gluster with those words, and reads what it prints.
func Ask[T any](ctx context.Context, run Run, read func([]byte) (T, error), words ...string) (told T, err error) {
	ctx, cancel := context.WithTimeout(ctx, Bound)
	defer cancel()
	printed, err := run(ctx, append(append([]string{"gluster", "--mode=script"}, words...), "--xml"))
	// With --xml, gluster also prints why it fails, and then ends with a status.
	if err != nil && len(printed) == 0 {
		return told, err
	}
	return read(printed)
}

// AskHealth asks how a volume is that gluster has written down so. Gluster tells nothing of its clients if a brick on another host has none, as
// long as nobody has mounted it; where there are replicas, the daemons that heal are clients.
func AskHealth(ctx context.Context, run Run, volume glusterxml.Volume) (Health, error) {
	if !volume.Started {
		return Health{}, nil
	}
	words := []string{"volume", "status", volume.Name}
	if volume.Heals() {
		words = append(words, "clients")
	}
	served, err := Ask(ctx, run, glusterxml.ReadServed, words...)
	if err != nil || !volume.Heals() {
		return HealthOf(volume, served, nil), err
	}
	healing, err := Ask(ctx, run, glusterxml.ReadHealing, "volume", "heal", volume.Name, "info", "summary")
	return HealthOf(volume, served, healing), err
}
