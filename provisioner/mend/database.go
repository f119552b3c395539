package mend

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"glusterfs-provisioner/provisioner/gluster"
)

// Database is heketi's database in JSON.
type Database struct {
	text    []byte
	entries gluster.Database
}

// Read reads what "heketi db export" wrote. It returns an error if the text is another's.
func Read(text []byte) (*Database, error) {
	d := &Database{text: text}
	if err := json.Unmarshal(text, &d.entries); err != nil {
		return nil, fmt.Errorf("it is not what \"heketi db export\" writes: %w", err)
	}
	if d.entries.Clusters == nil || d.entries.Volumes == nil || d.entries.Bricks == nil || d.entries.Operations == nil {
		return nil, errors.New("it is not what \"heketi db export\" writes: it lacks clusterentries, volumeentries, brickentries or pendingoperations")
	}
	return d, nil
}

// HasExpansions says whether there are expansions that have not ended.
func (d *Database) HasExpansions() bool {
	for _, operation := range d.entries.Operations {
		if operation.Type == gluster.ExpandVolume {
			return true
		}
	}
	return false
}

// Mend finishes all expansions of which gluster has every brick.
//
// An error is a refusal. It names the operations, what is wrong with them and what to do,
// each in one line. The result then has no database.
func (d *Database) Mend(view *gluster.State) (*Result, error) {
	result := &Result{}
	var finishing []expansion
	var refusals []error
	for _, id := range slices.Sorted(maps.Keys(d.entries.Operations)) {
		operation := d.entries.Operations[id]
		if operation.Type != gluster.ExpandVolume {
			result.Left = append(result.Left, Left{id, operation.Type.String(), "it is no expansion of a volume"})
			continue
		}
		e, err := d.expansion(id, operation)
		begun := false
		if err == nil {
			begun, err = d.begun(e, view)
		}
		switch {
		case err != nil:
			refusals = append(refusals, refused(e, err))
		case begun:
			finishing = append(finishing, e)
		default:
			result.Left = append(result.Left, Left{id, operation.Type.String(), nothingInGluster})
		}
	}
	if len(refusals) == 0 && len(finishing) > 0 {
		after, err := d.finish(finishing)
		if err != nil {
			return result, err
		}
		result.Database = after
		d.report(result, finishing, view)
	}
	return result, errors.Join(refusals...)
}

// finish returns the text of the database in which the expansions are finished.
func (d *Database) finish(expansions []expansion) ([]byte, error) {
	bricks, volumes, operations, err := d.objects()
	if err != nil {
		return nil, err
	}
	var changes []change
	var ended []string
	grown := map[string]int{}
	for _, e := range expansions {
		for _, brick := range e.bricks {
			settled, err := replace(d.text, bricks, `""`, e.id, brick.Info.ID, "Pending", "Id")
			if err != nil {
				return nil, refused(e, err)
			}
			changes = append(changes, settled)
		}
		ended = append(ended, e.id)
		grown[e.volume.Info.ID] += e.delta
	}
	for _, id := range slices.Sorted(maps.Keys(grown)) {
		size := d.entries.Volumes[id].Info.Size
		enlarged, err := replace(d.text, volumes, fmt.Sprint(size+grown[id]), size, id, "Info", "size")
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", d.entries.Volumes[id].Info.Name, err)
		}
		changes = append(changes, enlarged)
	}
	after := apply(d.text, append(changes, operations.without(d.text, ended)))
	for _, e := range expansions {
		if err := e.checkGone(after); err != nil {
			return nil, refused(e, err)
		}
	}
	return after, nil
}

// objects are those of the text in which something changes.
func (d *Database) objects() (bricks, volumes, operations object, err error) {
	all, err := objectAt(d.text, span{0, len(d.text)})
	if err != nil {
		return object{}, object{}, object{}, err
	}
	var problems [3]error
	bricks, problems[0] = objectIn(d.text, all, "brickentries")
	volumes, problems[1] = objectIn(d.text, all, "volumeentries")
	operations, problems[2] = objectIn(d.text, all, "pendingoperations")
	return bricks, volumes, operations, errors.Join(problems[:]...)
}

// refused says which operation an error is about.
func refused(e expansion, err error) error {
	return fmt.Errorf("operation %s, the expansion of volume %s: %w", e.id, cmp.Or(e.volume.Info.Name, "unknown"), err)
}
