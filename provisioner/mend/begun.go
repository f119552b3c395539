package mend

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"glusterfs-provisioner/provisioner/gluster"
)

// lookAgain ends a refusal that another look at gluster may lift.
const lookAgain = "with heketi stopped, look at gluster again, and export the database again after it"

// begun says whether gluster has an expansion. It is true if gluster has all of the
// bricks, so that the expansion can be finished, and false if it has none. Anything else
// is an error.
func (d *Database) begun(e expansion, view *gluster.State) (bool, error) {
	if err := d.checkSame(e, view); err != nil {
		return false, err
	}
	hosts, err := d.hosts(e, view)
	if err != nil {
		return false, err
	}
	there, err := e.there(hosts)
	if err != nil || len(there) == 0 {
		return false, err
	}
	if len(there) < len(e.bricks) {
		return false, d.partly(e, there)
	}
	if e.volume.Info.Block {
		return false, fmt.Errorf("the volume holds block volumes, whose free space heketi counts, too, and that is not done here; finish it with somebody who knows heketi, and keep heketi stopped until then")
	}
	if err := d.checkSettled(e, hosts); err != nil {
		return false, err
	}
	return true, d.checkLogical(e, hosts)
}

// checkSame checks that the view is of this heketi, and has the operation as the database
// has it. The operation's Status may differ, because heketi changes it when it starts.
func (d *Database) checkSame(e expansion, view *gluster.State) error {
	here, there := d.entries.Operations[e.id], view.Database.Operations[e.id]
	cluster := e.volume.Info.Cluster
	switch {
	case there.ID == "":
		return fmt.Errorf("the view of gluster does not have it, so it is of another heketi or of another time; %s", lookAgain)
	case there.Type != here.Type || !reflect.DeepEqual(there.Actions, here.Actions):
		return fmt.Errorf("the view of gluster has it with other actions, so it is of another time; %s", lookAgain)
	case !reflect.DeepEqual(view.Database.Volumes[e.volume.Info.ID], e.volume):
		return fmt.Errorf("the view of gluster has its volume otherwise, so it is of another time; %s", lookAgain)
	case !reflect.DeepEqual(view.Database.Clusters[cluster], d.entries.Clusters[cluster]):
		return fmt.Errorf("the view of gluster has other storage hosts in cluster %s, so it is of another time; %s", cluster, lookAgain)
	}
	for _, brick := range e.bricks {
		if !reflect.DeepEqual(view.Database.Bricks[brick.Info.ID], brick) {
			return fmt.Errorf("the view of gluster has its brick %s otherwise, so it is of another time; %s", brick.Info.ID, lookAgain)
		}
	}
	return nil
}

// hosts returns all storage hosts of the volume's cluster. It returns an error if one did
// not tell all, or does not know the volume.
func (d *Database) hosts(e expansion, view *gluster.State) ([]gluster.Host, error) {
	var hosts []gluster.Host
	var silent, ignorant []string
	for _, id := range d.entries.Clusters[e.volume.Info.Cluster].Info.Nodes {
		i := slices.IndexFunc(view.Hosts, func(h gluster.Host) bool { return h.ID == id })
		if i < 0 || !view.Hosts[i].Answered() {
			silent = append(silent, d.hostName(id))
			continue
		}
		hosts = append(hosts, view.Hosts[i])
		if _, known := volumeOf(view.Hosts[i], e.volume.Info.Name); !known {
			ignorant = append(ignorant, d.hostName(id))
		}
	}
	switch {
	case len(silent) > 0:
		return nil, fmt.Errorf("heketi got no answer from storage host %s, so that nothing is certain; see that sshd (or the pod) and glusterd run there; then, %s", strings.Join(silent, ", "), lookAgain)
	case len(ignorant) > 0:
		return nil, fmt.Errorf("the glusterd of storage host %s does not know the volume; see with \"gluster peer status\" what keeps it from the others; then, %s", strings.Join(ignorant, ", "), lookAgain)
	}
	return hosts, nil
}

// there returns the operation's bricks that gluster has in the volume. It returns an error
// if the hosts do not agree on it, or if another volume has any of them.
func (e expansion) there(hosts []gluster.Host) ([]gluster.BrickEntry, error) {
	var first []gluster.BrickEntry
	for i, host := range hosts {
		for _, volume := range host.Volumes {
			has := slices.DeleteFunc(slices.Clone(e.bricks), func(b gluster.BrickEntry) bool { return !hasBrick(volume, b) })
			switch {
			case volume.Name != e.volume.Info.Name && len(has) > 0:
				return nil, fmt.Errorf("gluster has its brick %s in volume %s; have somebody who knows gluster look at that, and keep heketi stopped", has[0].Info.ID, volume.Name)
			case volume.Name != e.volume.Info.Name:
			case i == 0:
				first = has
			case !reflect.DeepEqual(has, first):
				return nil, fmt.Errorf("storage host %s knows of %d of its %d bricks, and %s of %d; see with \"gluster peer status\" what keeps them apart; then, %s",
					hosts[0].Name, len(first), len(e.bricks), host.Name, len(has), lookAgain)
			}
		}
	}
	return first, nil
}

// partly says which of the bricks gluster has, and which not.
func (d *Database) partly(e expansion, there []gluster.BrickEntry) error {
	var has, lacks []string
	for _, brick := range e.bricks {
		in := slices.ContainsFunc(there, func(b gluster.BrickEntry) bool { return b.Info.ID == brick.Info.ID })
		if in {
			has = append(has, d.place(brick))
		} else {
			lacks = append(lacks, d.place(brick))
		}
	}
	return fmt.Errorf("gluster has %d of its %d bricks (%s) and lacks %d (%s), since heketi adds them in several steps; add those that it lacks, or take out those that it has, as docs/mending.md says; then, %s",
		len(has), len(e.bricks), strings.Join(has, " "), len(lacks), strings.Join(lacks, " "), lookAgain)
}

// checkSettled checks that gluster has all bricks in the volume that heketi counts
// already, and none that heketi does not know for it.
func (d *Database) checkSettled(e expansion, hosts []gluster.Host) error {
	const inLine = "bring the two in line first, with somebody who knows gluster, and keep heketi stopped until then"
	known := d.volumeBricks(e.volume)
	for _, host := range hosts {
		volume, _ := volumeOf(host, e.volume.Info.Name)
		for _, brick := range volume.Bricks {
			if !slices.ContainsFunc(known, func(b gluster.BrickEntry) bool { return b.Info.Path == brick.Path }) {
				return fmt.Errorf("gluster has the brick %s:%s in the volume, which heketi does not know; %s", brick.Host, brick.Path, inLine)
			}
		}
		for _, brick := range known {
			if brick.Pending.ID == "" && !hasBrick(volume, brick) {
				return fmt.Errorf("heketi counts the brick %s for the volume, which gluster does not have; %s", d.place(brick), inLine)
			}
		}
	}
	return nil
}

// checkLogical checks that the bricks' logical volumes exist, on the hosts that told theirs.
func (d *Database) checkLogical(e expansion, hosts []gluster.Host) error {
	for _, host := range hosts {
		for _, brick := range bricksOn(host, e.bricks) {
			logical := gluster.LogicalVolume{Group: brick.Group(), Name: brick.Logical()}
			if host.LogicalVolumes != nil && !slices.Contains(host.LogicalVolumes, logical) {
				return fmt.Errorf("storage host %s does not have the logical volume %s of its brick %s, so that data may be lost already; do not detach or delete any brick of the volume before somebody has looked at it, and keep heketi stopped until then",
					host.Name, path.Join(logical.Group, logical.Name), d.place(brick))
			}
		}
	}
	return nil
}
