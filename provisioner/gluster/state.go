package gluster

import (
	"cmp"
	"slices"
	"strings"
)

// State is what heketi has and what gluster has, read at about the same time.
type State struct {
	Database Database
	// Hosts are those of all clusters of heketi, sorted by cluster and name.
	Hosts []Host
}

// Host is what a storage host told.
type Host struct {
	// ID and Cluster are heketi's ids, Name is how heketi reaches it.
	ID, Cluster, Name string
	// Volumes are all that its glusterd knows; nil if it did not tell.
	Volumes []Volume
	// Mounts are the lines of the fstab in which heketi keeps the host's bricks; nil if
	// it did not tell.
	Mounts []Mount
	// LogicalVolumes are all of the host; nil if it did not tell.
	LogicalVolumes []LogicalVolume
}

// Answered says whether the host told its volumes and its mounts.
func (h Host) Answered() bool { return h.Volumes != nil && h.Mounts != nil }

// Volume is a volume as gluster has it.
type Volume struct {
	Name string
	// Status is gluster's word: "Started", "Stopped" or "Created".
	Status string
	Bricks []Brick
	// SetSize is how many bricks have each file, or a part of it.
	SetSize int
	// Options are those that were set, by their whole names.
	Options map[string]string
}

// Brick is a brick as gluster has it.
type Brick struct{ Host, Path string }

// Mount is a line of a host's fstab.
type Mount struct {
	Device, Folder, Type, Options string
	// Mounted says whether the device is mounted.
	Mounted bool
}

// LogicalVolume is a volume of LVM, or a pool.
type LogicalVolume struct{ Group, Name string }

// Has says whether a storage host of the cluster tells of a volume of that name.
func (s *State) Has(cluster, name string) bool {
	hosts, _ := s.hostsOf(cluster)
	return slices.ContainsFunc(hosts, func(h Host) bool {
		_, known := h.volume(name)
		return known
	})
}

// HasAnywhere says whether a storage host of any cluster tells of a volume of that name.
func (s *State) HasAnywhere(name string) bool {
	return slices.ContainsFunc(s.Hosts, func(h Host) bool {
		_, known := h.volume(name)
		return known
	})
}

// Lacks says whether a cluster certainly has no volume of that name: more than half of its
// storage hosts tell of their volumes, and none of them has it. One host alone may have
// been off when the volume was made. A cluster without hosts has no volumes.
func (s *State) Lacks(cluster, name string) bool {
	hosts, silent := s.hostsOf(cluster)
	told := 0
	for _, host := range hosts {
		if host.Answered() {
			told++
		}
	}
	return !s.Has(cluster, name) && (told > len(silent) || len(silent) == 0)
}

// volume returns the volume of that name; false if the host's glusterd has none.
func (h Host) volume(name string) (Volume, bool) {
	i := slices.IndexFunc(h.Volumes, func(v Volume) bool { return v.Name == name })
	if i < 0 {
		return Volume{}, false
	}
	return h.Volumes[i], true
}

// has says whether the volume has a brick in that folder. The folder's name has the
// brick's random id, so the host does not have to be compared. gluster may spell that
// otherwise than heketi.
func (v Volume) has(folder string) bool {
	return slices.ContainsFunc(v.Bricks, func(b Brick) bool { return b.Path == folder })
}

// brickFrom reads gluster's way to write a brick, HOST:PATH. The host may be an IPv6
// address.
func brickFrom(text string) (Brick, bool) {
	host, path, ok := strings.Cut(text, ":/")
	return Brick{Host: host, Path: "/" + path}, ok && host != "" && path != ""
}

// hostsOf returns what the hosts of a cluster tell, and the names of those that did not
// tell all.
func (s *State) hostsOf(cluster string) (hosts []Host, silent []string) {
	for _, id := range s.Database.Clusters[cluster].Info.Nodes {
		i := slices.IndexFunc(s.Hosts, func(h Host) bool { return h.ID == id })
		if i < 0 {
			silent = append(silent, cmp.Or(s.Database.Nodes[id].Name(), id))
			continue
		}
		hosts = append(hosts, s.Hosts[i])
		if !s.Hosts[i].Answered() {
			silent = append(silent, s.Hosts[i].Name)
		}
	}
	slices.Sort(silent)
	return hosts, silent
}
