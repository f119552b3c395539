package mend

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"glusterfs-provisioner/provisioner/gluster"
)

// unlikeHeketi ends the refusal of what heketi 10.3 does not write.
const unlikeHeketi = "heketi writes nothing like that; keep heketi stopped, and have its database looked at by somebody who knows it"

// largest is the size of an exabyte, in GiB. Nothing larger is believed.
const largest = 1 << 30

// expansion is an expansion of a volume that heketi has not ended.
type expansion struct {
	id     string
	volume gluster.VolumeEntry
	// bricks are those that it adds, in the order in which heketi has gluster add them.
	bricks []gluster.BrickEntry
	// delta is by how many GiB it enlarges the volume.
	delta int
}

// expansion reads an operation. It returns an error if the operation is not what heketi
// writes for an expansion, and with it what was read so far.
func (d *Database) expansion(id string, operation gluster.PendingEntry) (expansion, error) {
	e := expansion{id: id}
	wrong := func(format string, args ...any) (expansion, error) {
		return e, fmt.Errorf(format+"; "+unlikeHeketi, args...)
	}
	if id == "" || operation.ID != id {
		return wrong("it is kept under %q, but its Id is %q", id, operation.ID)
	}
	var bricks, volumes []string
	for _, action := range operation.Actions {
		switch action.Change {
		case gluster.AddBrick:
			bricks = append(bricks, action.ID)
		case gluster.EnlargeVolume:
			volumes = append(volumes, action.ID)
			e.volume = d.entries.Volumes[action.ID]
			if err := e.setDelta(action.Delta); err != nil {
				return wrong("%w", err)
			}
		default:
			return wrong("it has an action with the Change %d, and an expansion has only 1 (add a brick) and 5 (enlarge a volume)", action.Change)
		}
	}
	switch {
	case len(volumes) != 1:
		return wrong("it enlarges %d volumes instead of one", len(volumes))
	case len(bricks) == 0:
		return wrong("it has no bricks")
	}
	if err := d.checkVolume(e, volumes[0]); err != nil {
		return wrong("%w", err)
	}
	for i, brick := range bricks {
		if slices.Contains(bricks[:i], brick) {
			return wrong("it has brick %s twice", brick)
		}
		if err := d.checkBrick(e, brick); err != nil {
			return wrong("%w", err)
		}
		e.bricks = append(e.bricks, d.entries.Bricks[brick])
	}
	return e, nil
}

func (e *expansion) setDelta(delta *float64) error {
	switch {
	case delta == nil:
		return errors.New("its Delta is missing")
	case *delta < 1 || *delta > largest || *delta != math.Trunc(*delta):
		return fmt.Errorf("its Delta is %v, and must be a whole number of GiB, 1 at least", *delta)
	}
	e.delta = int(*delta)
	return nil
}

// checkVolume checks the volume that an expansion enlarges.
func (d *Database) checkVolume(e expansion, id string) error {
	if _, known := d.entries.Volumes[id]; !known {
		return fmt.Errorf("the database does not have its volume %s", id)
	}
	info := e.volume.Info
	switch {
	case info.ID != id:
		return fmt.Errorf("its volume is kept under %q, but its id is %q", id, info.ID)
	case info.Name == "":
		return fmt.Errorf("its volume %s has no name", id)
	case info.Size < 1 || info.Size > largest:
		return fmt.Errorf("its volume has a size of %d GiB", info.Size)
	case e.volume.Pending.ID != "":
		return fmt.Errorf("its volume is part of operation %s as well", e.volume.Pending.ID)
	case len(d.entries.Clusters[info.Cluster].Info.Nodes) == 0:
		return fmt.Errorf("the database has no storage hosts of cluster %s, where its volume is", info.Cluster)
	}
	return nil
}

// checkBrick checks a brick that an expansion adds.
func (d *Database) checkBrick(e expansion, id string) error {
	brick, known := d.entries.Bricks[id]
	switch {
	case !known:
		return fmt.Errorf("the database does not have its brick %s", id)
	case brick.Info.ID != id:
		return fmt.Errorf("its brick is kept under %q, but its id is %q", id, brick.Info.ID)
	case brick.Info.Path == "":
		return fmt.Errorf("its brick %s has no path", id)
	case brick.Pending.ID != e.id:
		return fmt.Errorf("its brick %s has the Pending.Id %q", id, brick.Pending.ID)
	case brick.Info.Volume != e.volume.Info.ID:
		return fmt.Errorf("its brick %s is of volume %q", id, brick.Info.Volume)
	case !slices.Contains(e.volume.Bricks, id):
		return fmt.Errorf("its brick %s is not in the volume's list of bricks", id)
	case !slices.Contains(d.entries.Clusters[e.volume.Info.Cluster].Info.Nodes, brick.Info.Node):
		return fmt.Errorf("its brick %s is on storage host %q, which is not in the volume's cluster", id, brick.Info.Node)
	}
	return nil
}

// checkGone checks that nothing in the mended database names the operation any more.
func (e expansion) checkGone(after []byte) error {
	if bytes.Contains(after, []byte(e.id)) {
		return fmt.Errorf("something else in the database names it, too; %s", unlikeHeketi)
	}
	return nil
}
