package rebuild

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// pool is a trusted pool of gluster, of which heketi makes a cluster.
type pool struct {
	// hosts are those that told, by name.
	hosts []*Host
	// names are the names of all hosts of the pool, by UUID.
	names map[string]string
}

// poolsOf puts the hosts together that are in one pool.
func poolsOf(hosts []*Host) ([]*pool, error) {
	if len(hosts) == 0 {
		return nil, errors.New("there is nothing from any storage host; run the script on each")
	}
	byUUID, groups := map[string]string{}, map[string]string{}
	var pools []*pool
	for _, host := range slices.SortedFunc(slices.Values(hosts), func(a, b *Host) int { return strings.Compare(a.Name, b.Name) }) {
		if other, twice := byUUID[host.uuid]; twice {
			return nil, fmt.Errorf("%s and %s are of one storage host, whose UUID is %s; keep the newer one", other, host.Name, host.uuid)
		}
		byUUID[host.uuid] = host.Name
		for name := range host.groups {
			if other, twice := groups[name]; twice {
				return nil, fmt.Errorf("storage hosts %s and %s both have volume group %s; if they see the same disks, heketi can have these on one of them only", other, host.Name, name)
			}
			groups[name] = host.Name
		}
		i := slices.IndexFunc(pools, func(p *pool) bool { return p.has(host) })
		if i < 0 {
			pools = append(pools, &pool{names: map[string]string{}})
			i = len(pools) - 1
		}
		pools[i].add(host)
	}
	return pools, nil
}

func (p *pool) has(host *Host) bool {
	for uuid := range host.peers {
		if _, in := p.names[uuid]; in {
			return true
		}
	}
	return false
}

// add adds a host. A host calls itself localhost, and the others by the names that count.
func (p *pool) add(host *Host) {
	p.hosts = append(p.hosts, host)
	for uuid, name := range host.peers {
		if known, ok := p.names[uuid]; uuid != host.uuid || !ok || known == "" {
			p.names[uuid] = name
		}
	}
}

// silent are the UUIDs of the pool's hosts of which there is nothing, in the order of their names.
func (p *pool) silent() []string {
	var silent []string
	for uuid := range p.names {
		if p.hostOf(uuid) == nil {
			silent = append(silent, uuid)
		}
	}
	slices.SortFunc(silent, func(a, b string) int { return strings.Compare(p.names[a], p.names[b]) })
	return silent
}

// hostOf finds a host that told by its UUID; nil if it is not there.
func (p *pool) hostOf(uuid string) *Host {
	i := slices.IndexFunc(p.hosts, func(h *Host) bool { return h.uuid == uuid })
	if i < 0 {
		return nil
	}
	return p.hosts[i]
}

// volumeNames are the names of all volumes that any of the hosts tells of.
func (p *pool) volumeNames() []string {
	names := map[string]bool{}
	for _, host := range p.hosts {
		for name := range host.volumes {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// snapshots are the names of all snapshots that any of the hosts tells of.
func (p *pool) snapshots() []string {
	var names []string
	for _, host := range p.hosts {
		names = append(names, host.snapshots...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// storageName is how gluster reaches a host: by its bricks, or by what its peers call it.
func (p *pool) storageName(host *Host) (name string, others []string) {
	counts := map[string]int{}
	for _, teller := range p.hosts {
		for _, volume := range teller.volumes {
			for _, brick := range volume.bricks {
				if brick.peer == host.uuid {
					counts[brick.host]++
				}
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	switch {
	case len(names) > 0:
		return names[0], names[1:]
	case p.names[host.uuid] != "localhost":
		return p.names[host.uuid], nil
	}
	// No other host is in the pool.
	return host.Name, nil
}
