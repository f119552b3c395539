package rebuild

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// Sources are what a database is made of.
type Sources struct {
	// Hosts are all storage hosts of heketi.
	Hosts []*Host
	// PersistentVolumes are those of all Kubernetes clusters that use heketi.
	PersistentVolumes []v1.PersistentVolume
	// Topology has what else is known of nodes and devices; nil if there is none.
	Topology *Topology
}

// work is a database in the making.
type work struct {
	Result
	database *database
	topology *Topology
	// records are what PersistentVolumes tell, by the name of the volume.
	records map[string][]record
	// used are the logical volumes that bricks have, as GROUP/NAME.
	used map[string]bool
	// ids are those of volumes, with the name of the volume that has it.
	ids map[string]string
	// seen are the names of all volumes that gluster has.
	seen map[string]bool
}

// Rebuild makes a database. It returns an error if the sources cannot be used at all.
func Rebuild(sources Sources) (*Result, error) {
	records, err := recordsOf(sources.PersistentVolumes)
	if err != nil {
		return nil, err
	}
	w := &work{
		database: newDatabase(), topology: sources.Topology, records: records,
		used: map[string]bool{}, ids: map[string]string{}, seen: map[string]bool{},
	}
	pools, err := poolsOf(sources.Hosts)
	if err != nil {
		return nil, err
	}
	clusters := map[string]bool{}
	for _, p := range pools {
		cluster := w.addPool(p)
		if clusters[cluster] {
			return nil, fmt.Errorf("hosts of several pools have volumes of cluster %s; see with \"gluster pool list\" on each which hosts belong together", cluster)
		}
		clusters[cluster] = true
	}
	w.tellLost(clusters)
	w.tellLeftovers(pools)
	for _, list := range []*[]string{&w.Contradictions, &w.Decided, &w.Others, &w.Leftovers, &w.ToDo} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if w.Database, err = w.database.text(); err != nil {
		return nil, err
	}
	return &w.Result, nil
}

func (w *work) contradict(format string, args ...any) {
	w.Contradictions = append(w.Contradictions, fmt.Sprintf(format, args...))
}

func (w *work) decide(format string, args ...any) {
	w.Decided = append(w.Decided, fmt.Sprintf(format, args...))
}

// addPool adds a pool of hosts, which is a cluster of heketi, with all of its volumes. It returns the cluster's id.
func (w *work) addPool(p *pool) string {
	for _, uuid := range p.silent() {
		w.contradict("storage host %s is in the pool, and there is nothing from it, so that its devices and all volumes with bricks there are left out; run the script there, or, if it is gone for good, replace its bricks and detach it from gluster first", p.names[uuid])
	}
	volumes := w.agreed(p)
	id := w.clusterOf(p, volumes)
	cluster := &clusterEntry{}
	cluster.Info.ID, cluster.Info.File, cluster.Info.Block = id, true, !w.isOfKeeper(p)
	cluster.Info.Nodes, cluster.Info.Volumes, cluster.Info.BlockVolumes = []string{}, []string{}, []string{}
	w.database.Clusters[id] = cluster
	for _, host := range p.hosts {
		w.addNode(cluster, p, host)
	}
	for _, volume := range volumes {
		w.addVolume(cluster, p, volume)
	}
	w.shrinkDevices(p)
	var gib int
	for _, volume := range cluster.Info.Volumes {
		gib += w.database.Volumes[volume].Info.Size
	}
	w.Found = append(w.Found, fmt.Sprintf("cluster %s: %d nodes, %d volumes of %d GiB in all", id, len(cluster.Info.Nodes), len(cluster.Info.Volumes), gib))
	if cluster.Info.Block {
		w.decide("cluster %s may have file and block volumes, as heketi's clusters may unless told otherwise", id)
	}
	for _, snapshot := range p.snapshots() {
		w.decide("gluster's snapshot %s is not in the database: heketi has none; but it refuses to delete the volume while it is there", snapshot)
	}
	return id
}

// isOfKeeper says that the keeper has made the cluster of a pool, for file volumes only.
func (w *work) isOfKeeper(p *pool) bool {
	return slices.ContainsFunc(p.hosts, func(h *Host) bool {
		listed := w.topology.nodeOf(h.Name, p.names[h.uuid])
		return listed != nil && listed.ofKeeper
	})
}

// agreed returns the volumes that all hosts of the pool tell alike, by name.
func (w *work) agreed(p *pool) []*glusterVolume {
	var volumes []*glusterVolume
	for _, name := range p.volumeNames() {
		w.seen[name] = true
		first := p.hosts[0].volumes[name]
		at := slices.IndexFunc(p.hosts, func(h *Host) bool {
			told := h.volumes[name]
			return (told == nil) != (first == nil) || told != nil && !told.same(first)
		})
		if at < 0 {
			volumes = append(volumes, first)
			continue
		}
		w.contradict("volume %s is left out: storage hosts %s and %s tell different things of it; see with \"gluster peer status\" what keeps them apart, and run the script again on all",
			name, p.hosts[0].Name, p.hosts[at].Name)
	}
	return volumes
}

// clusterOf finds the cluster's id, which PersistentVolumes of its volumes have.
func (w *work) clusterOf(p *pool, volumes []*glusterVolume) string {
	told := map[string]int{}
	for _, volume := range volumes {
		for _, r := range w.records[volume.name] {
			if r.cluster != "" {
				told[r.cluster]++
			}
		}
	}
	ids := slices.SortedFunc(maps.Keys(told), func(a, b string) int {
		if told[a] != told[b] {
			return told[b] - told[a]
		}
		return strings.Compare(a, b)
	})
	if len(ids) == 0 {
		id := newID(slices.Sorted(maps.Keys(p.names))...)
		w.decide("no PersistentVolume tells the id of the cluster of storage host %s; it becomes %s, which classes with a clusterid have to name", p.hosts[0].Name, id)
		return id
	}
	return ids[0]
}

// tellLost tells of PersistentVolumes whose volumes gluster does not have.
func (w *work) tellLost(clusters map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(w.records)) {
		for _, r := range w.records[name] {
			switch {
			case w.seen[name]:
			case r.cluster != "" && !clusters[r.cluster]:
				w.Others = append(w.Others, fmt.Sprintf("%v: its volume %s is in cluster %s, of which there is no host", r, name, r.cluster))
			default:
				w.contradict("%v has volume %s, which gluster does not have; if its files are lost, delete it with its claim; if it is in another gluster, it is no matter", r, name)
			}
		}
	}
}

// tellLeftovers tells of logical volumes that no brick has.
func (w *work) tellLeftovers(pools []*pool) {
	for _, p := range pools {
		for _, host := range p.hosts {
			for _, g := range host.groups {
				w.tellLeftoversOf(host, g)
			}
		}
	}
}

func (w *work) tellLeftoversOf(host *Host, g *group) {
	for _, logical := range g.volumes {
		name := g.name() + "/" + logical.name
		switch {
		case w.used[name]:
		case w.used[g.name()+"/"+logical.pool]:
			w.Leftovers = append(w.Leftovers, fmt.Sprintf("storage host %s: logical volume %s is in the pool of a brick, as gluster's snapshots are; leave it alone unless gluster snapshot list has none", host.Name, name))
		default:
			w.Leftovers = append(w.Leftovers, fmt.Sprintf("storage host %s: logical volume %s, of %d MiB, is no brick of a volume in the database; heketi leaves it alone; see what it holds before you remove it with lvremove, and then give its room to heketi with heketi-cli device resync %s", host.Name, name, logical.kib>>10, g.device))
		}
	}
}
