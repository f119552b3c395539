package node

import (
	"sync"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/mount"
)

// healths are those of the last survey. Its zero value is ready.
type healths struct {
	mu sync.Mutex
	// seen are by the folder that the volume is staged in.
	seen map[string]mount.Health
}

// change is that of the health of a volume.
type change struct {
	volume Volume
	before mount.Health
}

// update notes what a survey saw, and returns what has changed. A volume that is new
// counts as one that was alive. One that was not asked is forgotten.
func (h *healths) update(volumes []Volume) []change {
	h.mu.Lock()
	defer h.mu.Unlock()
	var changes []change
	seen := map[string]mount.Health{}
	for _, volume := range volumes {
		before, known := h.seen[volume.Path]
		if !known {
			before = mount.Alive
		}
		if volume.Condition.Health != before {
			changes = append(changes, change{volume, before})
		}
		seen[volume.Path] = volume.Condition.Health
	}
	h.seen = seen
	return changes
}

func (c change) log() {
	klog.InfoS("The health of a volume has changed", "volume", c.volume.Name, "persistentVolume", c.volume.PersistentVolume, "path", c.volume.Path,
		"from", c.before, "to", c.volume.Condition.Health, "meaning", c.volume.Condition.Explain(c.volume.Path))
}
