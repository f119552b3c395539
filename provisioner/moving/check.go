package moving

import (
	"context"
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// way is how a heketi is reached, and what is reached in that way.
type way struct {
	heketi  volume.Heketi
	class   string
	volumes []*v1.PersistentVolume
	entries []journal.Entry
}

// waysOf sorts what has to follow by the ways in which its heketi is reached from now on.
func waysOf(move Move, plan *Plan) (ways []*way) {
	known := map[string]*way{}
	at := func(server volume.Heketi, class string) *way {
		server = move.of(server)
		key := server.Way(class)
		if known[key] == nil {
			known[key] = &way{heketi: server, class: class}
			ways = append(ways, known[key])
		}
		return known[key]
	}
	for _, pv := range plan.volumes {
		if recorded, err := volume.Recorded(pv); err == nil {
			w := at(recorded.Heketi, pv.Spec.StorageClassName)
			w.volumes = append(w.volumes, pv)
		}
	}
	for _, entry := range plan.entries {
		w := at(entry.Heketi, entry.Class)
		w.entries = append(w.entries, entry)
	}
	return ways
}

// check asks the heketi, in each way in which it will be reached, whether it has what is to
// follow. The error lists what it does not have.
func (m *Mover) check(ctx context.Context, move Move, plan *Plan) error {
	var missing []string
	for _, way := range waysOf(move, plan) {
		client, err := m.Heketis.Connect(ctx, way.heketi, way.class)
		if err != nil {
			return err
		}
		inventory, err := client.Inventory(ctx)
		if err != nil {
			return err
		}
		missing = append(missing, way.missingIn(inventory)...)
	}
	if len(missing) == 0 {
		return nil
	}
	const most = 10
	count := len(missing)
	if count > most {
		missing = append(missing[:most], fmt.Sprintf("and %d more", count-most))
	}
	return fmt.Errorf("heketi %s lacks %d of %d, so it is not the one that was at %s, or runs on an older copy of its database:\n%s",
		move.To, count, len(plan.volumes)+len(plan.entries), move.From, strings.Join(missing, "\n"))
}

// missingIn says what the heketi with that inventory does not have. The ids decide, which
// heketi makes at random.
func (w *way) missingIn(inventory heketi.Inventory) (missing []string) {
	byID := map[string]heketi.Listed{}
	for _, v := range inventory.Volumes {
		byID[v.ID] = v
	}
	for _, pv := range w.volumes {
		id, name := volume.IDOf(pv), volume.NameIn(volume.PathOf(pv))
		v, has := byID[id]
		switch cluster := volume.ClusterOf(pv); {
		case !has && volume.IsGoing(pv) && slices.Contains(inventory.Clusters, cluster):
			// Its deletion may have been confirmed just before.
		case !has:
			missing = append(missing, fmt.Sprintf("PersistentVolume %s: volume %s (id %s)", pv.Name, name, id))
		case v.Name != name || cluster != "" && v.Cluster != cluster:
			missing = append(missing, fmt.Sprintf("PersistentVolume %s: volume %s (id %s) of cluster %s; the id is that of volume %s in cluster %s", pv.Name, name, id, cluster, v.Name, v.Cluster))
		}
	}
	for _, entry := range w.entries {
		knows := func(cluster string) bool { return slices.Contains(inventory.Clusters, cluster) }
		if len(entry.HeketiClusters) > 0 && !slices.ContainsFunc(entry.HeketiClusters, knows) {
			missing = append(missing, fmt.Sprintf("claim %s, whose volume is being made: clusters %s", entry.Claim, strings.Join(entry.HeketiClusters, ", ")))
		}
	}
	return missing
}
