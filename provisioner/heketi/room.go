package heketi

import (
	"slices"
	"sync"
	"time"

	"glusterfs-provisioner/provisioner/volume"
)

// fullAge is how long it is remembered that a cluster had no room. Room comes when volumes
// are deleted or disks are added. The provisioner does not always see that.
const fullAge = time.Minute

// room remembers which clusters of one heketi had no room lately. It only orders them:
// each is tried before a create fails.
type room struct {
	mu sync.Mutex
	// refusals are in the order of their times. A smaller size ends the larger ones
	// before it, since there is no room for these either.
	refusals map[target][]refusal
}

// target is where bricks are wanted, and in which layout.
type target struct {
	cluster    string
	durability volume.Durability
}

type refusal struct {
	sizeGiB int
	at      time.Time
}

func newRoom() *room { return &room{refusals: map[target][]refusal{}} }

// wasRefused notes that a cluster had no room for the spec.
func (r *room) wasRefused(cluster string, spec Spec) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := target{cluster, spec.Durability}
	kept := slices.DeleteFunc(r.refusals[in], func(old refusal) bool {
		return old.sizeGiB >= spec.SizeGiB || time.Since(old.at) >= fullAge
	})
	r.refusals[in] = append(kept, refusal{spec.SizeGiB, time.Now()})
}

// order returns the clusters in their order, except that those come last that had no room
// lately for the spec or for less.
func (r *room) order(clusters []string, spec Spec) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var may, full []string
	for _, cluster := range clusters {
		if slices.ContainsFunc(r.refusals[target{cluster, spec.Durability}], func(old refusal) bool {
			return old.sizeGiB <= spec.SizeGiB && time.Since(old.at) < fullAge
		}) {
			full = append(full, cluster)
		} else {
			may = append(may, cluster)
		}
	}
	return append(may, full...)
}
