package mend

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"glusterfs-provisioner/provisioner/gluster"
)

// nothingInGluster is why an expansion is left to heketi.
const nothingInGluster = "nothing of it is in gluster; the provisioner has it cleaned up after the start"

// Result is what was done, and what remains to be done.
type Result struct {
	// Database is the mended database, nil if nothing was to be mended.
	Database []byte
	// Finished are the expansions that were finished in it, by id.
	Finished []Finished
	// Left are the operations that were left as they are, by id.
	Left []Left
	// Hosts are the storage hosts on which something is to be done for the finished
	// volumes.
	Hosts []Host
}

// Finished is an expansion that was finished.
type Finished struct {
	// Operation and VolumeID are heketi's ids.
	Operation, Volume, VolumeID string
	// Delta is by how many GiB the volume has grown, to Size GiB in the end.
	Delta, Size int
	// Bricks are the new ones, as HOST:PATH.
	Bricks []string
}

// Left is an operation that was left as it is, for the reason.
type Left struct{ Operation, Type, Reason string }

// Host is a storage host on which something is to be done.
type Host struct {
	Name string
	// Missing are lines that its fstab lacks.
	Missing []gluster.Mount
	// Unmounted are folders of its fstab that are not mounted.
	Unmounted []string
	// Unseen are new logical volumes, as GROUP/NAME, that the host told nothing of.
	Unseen []string
}

func (d *Database) report(result *Result, finished []expansion, view *gluster.State) {
	sizes := map[string]int{}
	for _, e := range finished {
		id := e.volume.Info.ID
		if sizes[id] == 0 {
			sizes[id] = e.volume.Info.Size
		}
		sizes[id] += e.delta
	}
	var all, added []gluster.BrickEntry
	for _, e := range finished {
		told := Finished{Operation: e.id, Volume: e.volume.Info.Name, VolumeID: e.volume.Info.ID, Delta: e.delta, Size: sizes[e.volume.Info.ID]}
		for _, brick := range e.bricks {
			told.Bricks = append(told.Bricks, d.place(brick))
		}
		result.Finished = append(result.Finished, told)
		added = append(added, e.bricks...)
		for _, brick := range d.volumeBricks(e.volume) {
			if !slices.ContainsFunc(all, func(b gluster.BrickEntry) bool { return b.Info.ID == brick.Info.ID }) {
				all = append(all, brick)
			}
		}
	}
	for _, host := range view.Hosts {
		todo := Host{Name: host.Name, Missing: host.MissingMounts(bricksOn(host, all))}
		for _, brick := range bricksOn(host, all) {
			if mount, there := host.MountOf(brick); there && !mount.Mounted {
				todo.Unmounted = append(todo.Unmounted, mount.Folder)
			}
		}
		for _, brick := range bricksOn(host, added) {
			// What is mounted exists.
			if mount, _ := host.MountOf(brick); host.LogicalVolumes == nil && !mount.Mounted {
				todo.Unseen = append(todo.Unseen, path.Join(brick.Group(), brick.Logical()))
			}
		}
		if len(todo.Missing)+len(todo.Unmounted)+len(todo.Unseen) > 0 {
			result.Hosts = append(result.Hosts, todo)
		}
	}
}

// String is the result for a person to read, in lines.
func (r *Result) String() string {
	var text strings.Builder
	for _, f := range r.Finished {
		fmt.Fprintf(&text, "finished: operation %s: volume %s (%s) grows by %d GiB, to %d GiB, with these bricks\n", f.Operation, f.Volume, f.VolumeID, f.Delta, f.Size)
		writeLines(&text, f.Bricks)
	}
	for _, l := range r.Left {
		fmt.Fprintf(&text, "left for heketi: operation %s (%s): %s\n", l.Operation, l.Type, l.Reason)
	}
	for _, h := range r.Hosts {
		h.write(&text)
	}
	if r.Database == nil {
		fmt.Fprintln(&text, "nothing to mend: no expansion has all of its bricks in gluster")
	}
	return text.String()
}

func (h Host) write(text *strings.Builder) {
	if len(h.Unseen) > 0 {
		fmt.Fprintf(text, "to do on storage host %s: heketi could not list its logical volumes; see with \"lvs\" that these exist, and do not start heketi if one is missing\n", h.Name)
		writeLines(text, h.Unseen)
	}
	if len(h.Missing) > 0 {
		fmt.Fprintf(text, "to do on storage host %s: add these lines to its fstab, and mount the folders that are not mounted\n", h.Name)
		for _, mount := range h.Missing {
			writeLines(text, []string{mount.FstabLine()})
		}
	}
	if len(h.Unmounted) > 0 {
		fmt.Fprintf(text, "to do on storage host %s: mount these folders, which its fstab has\n", h.Name)
		writeLines(text, h.Unmounted)
	}
}

func writeLines(text *strings.Builder, lines []string) {
	for _, line := range lines {
		fmt.Fprintf(text, "    %s\n", line)
	}
}
