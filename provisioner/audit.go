package provisioner

import (
	"context"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/reach"
)

// Audit compares what the heketis that classes and PersistentVolumes name have
// with what Kubernetes knows of. It changes nothing. It asks the API server, not
// the caches, so that one side is never older than the package audit allows; the
// cache of classes has to be filled. A heketi that cannot be asked is part of the
// report; an error means that Kubernetes could not be asked. With audit.OfGluster each
// heketi is asked, too, what gluster has, for which it runs commands on every host.
func (p *Provisioner) Audit(ctx context.Context, scope audit.Scope) (audit.Report, error) {
	before, err := caches.ListVolumes(ctx, p.Client.CoreV1(), p.trimmer)
	if err != nil {
		return audit.Report{}, err
	}
	ways, err := p.waysToHeketis(ctx, before)
	if err != nil {
		return audit.Report{}, err
	}
	// The rest of them need not be kept while they are listed again.
	versions := audit.Versions(before)
	var inventories []audit.Inventory
	for _, url := range slices.Sorted(maps.Keys(ways)) {
		inventories = append(inventories, p.takeInventory(ctx, url, ways[url], scope))
	}
	known, err := p.known(ctx)
	if err != nil {
		return audit.Report{}, err
	}
	known.Before = versions
	return audit.Compare(inventories, known), nil
}

// waysToHeketis returns the ways to reach heketis that our classes name, as the API
// server has them now, and those that the given PersistentVolumes name, by heketi.
func (p *Provisioner) waysToHeketis(ctx context.Context, volumes []*v1.PersistentVolume) (map[string][]reach.Way, error) {
	classes, err := caches.ListClasses(ctx, p.Client.StorageV1())
	if err != nil {
		return nil, err
	}
	return reach.Ways(p.Name, classes, volumes), nil
}

// takeInventory asks one heketi, in the first way that works.
func (p *Provisioner) takeInventory(ctx context.Context, url string, ways []reach.Way, scope audit.Scope) audit.Inventory {
	inventory := audit.Inventory{Heketi: url}
	for _, way := range ways {
		client, err := p.heketis.Connect(ctx, way.Server, way.Class)
		if err != nil {
			inventory.Err = err
			continue
		}
		all, err := client.Inventory(ctx)
		if err != nil {
			inventory.Err = err
			continue
		}
		inventory.Err, inventory.Clusters = nil, all.Clusters
		for _, v := range all.Volumes {
			inventory.Volumes = append(inventory.Volumes, audit.Volume{
				ID: v.ID, Name: v.Name, Cluster: v.Cluster, SizeGiB: v.SizeGiB, GID: v.GID, Pending: v.Pending,
			})
		}
		if scope == audit.OfGluster {
			inventory.Gluster, inventory.GlusterErr = compareWithGluster(ctx, client)
		}
		return inventory
	}
	return inventory
}

// compareWithGluster returns what heketi and gluster disagree on. It looks twice if
// there is something, since what is made during a look seems to be wrong.
func compareWithGluster(ctx context.Context, client *heketi.Client) ([]gluster.Difference, error) {
	state, err := client.Gluster(ctx)
	if err != nil {
		return nil, err
	}
	first := state.Compare()
	if len(first) == 0 {
		return nil, nil
	}
	if state, err = client.Gluster(ctx); err != nil {
		return nil, err
	}
	return gluster.Lasting(first, state.Compare()), nil
}

// known reads what Kubernetes knows of, in the order that the package audit asks
// for.
func (p *Provisioner) known(ctx context.Context) (audit.Known, error) {
	known := audit.Known{Unfinished: sets.New[string]()}
	entries, err := p.Journal.List(ctx)
	if err != nil {
		return known, err
	}
	for _, entry := range entries {
		known.Unfinished.Insert(entry.Volume)
	}
	known.Claims, err = caches.ListClaimUIDs(ctx, p.Client.CoreV1())
	if err != nil {
		return known, err
	}
	known.PersistentVolumes, err = caches.ListVolumes(ctx, p.Client.CoreV1(), p.trimmer)
	return known, err
}
