package gluster

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Database is what is needed of heketi's database, in the JSON of its dumps and
// exports (apps/glusterfs/dbcommon.go of heketi 10.3).
type Database struct {
	Clusters   map[string]Cluster      `json:"clusterentries"`
	Nodes      map[string]Node         `json:"nodeentries"`
	Volumes    map[string]VolumeEntry  `json:"volumeentries"`
	Bricks     map[string]BrickEntry   `json:"brickentries"`
	Devices    map[string]struct{}     `json:"deviceentries"`
	Operations map[string]PendingEntry `json:"pendingoperations"`
}

// Cluster is a cluster of heketi.
type Cluster struct {
	Info struct {
		Nodes []string `json:"nodes"`
	}
}

// Node is a storage host as heketi knows it.
type Node struct {
	Info struct {
		Hostnames struct {
			Manage  []string `json:"manage"`
			Storage []string `json:"storage"`
		} `json:"hostnames"`
	}
}

// Name is the name or address by which heketi reaches the host.
func (n Node) Name() string { return strings.Join(n.Info.Hostnames.Manage, ",") }

// VolumeEntry is a volume in heketi's database.
type VolumeEntry struct {
	Info struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Cluster string `json:"cluster"`
		// Size is in GiB.
		Size int `json:"size"`
		Gid  uint32
		// Block says that the volume holds block volumes.
		Block bool `json:"block"`
	}
	// Bricks are ids, those of an expansion that has not ended among them.
	Bricks  []string
	Pending Pending
}

// BrickEntry is a brick in heketi's database.
type BrickEntry struct {
	Info struct {
		ID     string `json:"id"`
		Path   string `json:"path"`
		Device string `json:"device"`
		Node   string `json:"node"`
		Volume string `json:"volume"`
	}
	Pending Pending
	// ThinPool and LogicalVolume are names of LVM. The latter is empty unless the
	// brick was cloned.
	ThinPool      string `json:"LvmThinPool"`
	LogicalVolume string `json:"LvmLv"`
}

// The names that heketi gives (pkg/paths of its sources).
const (
	groupPrefix  = "vg_"
	brickPrefix  = "brick_"
	poolPrefix   = "tp_"
	mountsFolder = "/var/lib/heketi/mounts/"
)

// Group is the brick's volume group.
func (b BrickEntry) Group() string { return groupPrefix + b.Info.Device }

// Logical is the name of the brick's logical volume.
func (b BrickEntry) Logical() string {
	if b.LogicalVolume != "" {
		return b.LogicalVolume
	}
	return brickPrefix + b.Info.ID
}

// Pool is the name of the brick's thin pool.
func (b BrickEntry) Pool() string {
	if b.ThinPool != "" {
		return b.ThinPool
	}
	return poolPrefix + b.Info.ID
}

// MountPoint is where the brick's file system is mounted.
func (b BrickEntry) MountPoint() string { return path.Dir(b.Info.Path) }

// Pending is the operation that something is part of; empty if it is at rest.
type Pending struct {
	ID string `json:"Id"`
}

// PendingEntry is an operation that heketi has begun and not ended.
type PendingEntry struct {
	ID      string `json:"Id"`
	Type    OperationType
	Status  string
	Actions []Action
}

// OperationType is what an operation is for. The numbers are heketi's
// (apps/glusterfs/pendingop.go). They are kept in databases and never change.
type OperationType int

// The operations of volumes, and those by which bricks move to other devices.
const (
	CreateVolume OperationType = 1
	DeleteVolume OperationType = 2
	ExpandVolume OperationType = 3
	RemoveDevice OperationType = 6
	EvictBrick   OperationType = 8
)

// String is heketi's name for it.
func (t OperationType) String() string {
	names := []string{
		"unknown", "create-volume", "delete-volume", "expand-volume", "create-block-volume",
		"delete-block-volume", "remove-device", "clone-volume", "evict-brick", "expand-block-volume",
	}
	if t < 0 || int(t) >= len(names) {
		return fmt.Sprintf("type %d", int(t))
	}
	return names[t]
}

// Action is a part of an operation.
type Action struct {
	Change ChangeType
	// ID is that of the volume or brick.
	ID string `json:"Id"`
	// Delta is by how many GiB a volume grows; nil for other changes.
	Delta *float64
}

// ChangeType is what an action does, in heketi's numbers as well.
type ChangeType int

// The changes of volumes, bricks and devices.
const (
	AddBrick           ChangeType = 1
	AddVolume          ChangeType = 2
	DeleteBrick        ChangeType = 3
	RemoveVolume       ChangeType = 4
	EnlargeVolume      ChangeType = 5
	removeDevice       ChangeType = 8
	performChild       ChangeType = 12
	belongsToOperation ChangeType = 13
)

// Interrupted says whether nobody works on the operation, as far as the database tells.
// heketi was restarted in it, or failed to undo it.
func (o PendingEntry) Interrupted() bool { return o.Status == "stale" || o.Status == "failed" }

// Touches says whether the operation changes a volume or one of its bricks.
func (o PendingEntry) Touches(volume string, bricks []string) bool {
	return slices.ContainsFunc(o.Actions, func(a Action) bool { return a.ID == volume || slices.Contains(bricks, a.ID) })
}

// ids are those that the operation changes in one of the given ways.
func (o PendingEntry) ids(changes ...ChangeType) []string {
	var ids []string
	for _, action := range o.Actions {
		if slices.Contains(changes, action.Change) {
			ids = append(ids, action.ID)
		}
	}
	return ids
}

// Changed are the volume and the bricks that an operation of a volume makes, enlarges or
// deletes. Its error says what was not understood of the operation.
func (d Database) Changed(operation PendingEntry) (VolumeEntry, []BrickEntry, error) {
	switch operation.Type {
	case CreateVolume, DeleteVolume, ExpandVolume:
	default:
		return VolumeEntry{}, nil, fmt.Errorf("operation %s is of the kind %v", operation.ID, operation.Type)
	}
	if others := operation.ids(performChild, belongsToOperation); len(others) > 0 {
		return VolumeEntry{}, nil, fmt.Errorf("operation %s is part of another, or has one (%s)", operation.ID, strings.Join(others, ", "))
	}
	volumes := operation.ids(AddVolume, RemoveVolume, EnlargeVolume)
	if len(volumes) != 1 {
		return VolumeEntry{}, nil, fmt.Errorf("operation %s has %d volumes, not one", operation.ID, len(volumes))
	}
	volume, known := d.Volumes[volumes[0]]
	if !known {
		return VolumeEntry{}, nil, fmt.Errorf("heketi's database has operation %s, but not its volume %s", operation.ID, volumes[0])
	}
	var bricks []BrickEntry
	for _, id := range operation.ids(AddBrick, DeleteBrick) {
		brick, known := d.Bricks[id]
		if !known || brick.Info.Path == "" {
			return VolumeEntry{}, nil, fmt.Errorf("heketi's database has operation %s, but not where its brick %s is", operation.ID, id)
		}
		bricks = append(bricks, brick)
	}
	return volume, bricks, nil
}
