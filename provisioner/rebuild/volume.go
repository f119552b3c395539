package rebuild

import (
	"fmt"
	"slices"
	"strings"
)

// The options that heketi has gluster keep for it (apps/glusterfs/volume_entry.go).
const (
	optionID          = "user.heketi.id"
	optionArbiter     = "user.heketi.arbiter"
	optionAverageFile = "user.heketi.average-file-size"
)

// defaultOptions are those that gluster sets itself when a volume is made, for 10.3.
var defaultOptions = map[string]string{
	"transport.address-family":      "inet",
	"storage.fips-mode-rchecksum":   "on",
	"nfs.disable":                   "on",
	"performance.client-io-threads": "off",
	"cluster.granular-entry-heal":   "on",
}

// addVolume adds a volume with its bricks, or tells why it is left out.
func (w *work) addVolume(cluster *clusterEntry, p *pool, told *glusterVolume) {
	ours := slices.DeleteFunc(slices.Clone(told.bricks), func(b glusterBrick) bool { return !brickFolder.MatchString(b.path) })
	if len(ours) == 0 {
		w.tellForeign(told)
		return
	}
	leaveOut := func(format string, args ...any) {
		w.contradict("volume %s is left out: %s", told.name, fmt.Sprintf(format, args...))
	}
	if len(ours) < len(told.bricks) {
		leaveOut("of its %d bricks only %d are in folders of heketi's; heketi cannot have it", len(told.bricks), len(ours))
		return
	}
	bricks, problem := w.bricksOf(p, told)
	if problem != "" {
		leaveOut("%s", problem)
		return
	}
	entry := &volumeEntry{Bricks: []string{}}
	info := &entry.Info
	info.Name, info.Cluster = told.name, cluster.Info.ID
	if info.ID, problem = w.volumeID(cluster, told); problem != "" {
		leaveOut("%s", problem)
		return
	}
	info.Durability = durabilityOf(told)
	info.GID = w.gidOf(told, bricks)
	info.Size = w.sizeOf(told, bricks)
	info.Snapshot.Factor = w.snapshotFactor(told, bricks)
	info.Snapshot.Enable = info.Snapshot.Factor != 1
	entry.GlusterVolumeOptions = w.optionsOf(told)
	if problem := w.enter(entry, bricks); problem != "" {
		leaveOut("%s", problem)
		return
	}
	cluster.Info.Volumes = append(cluster.Info.Volumes, info.ID)
	w.database.Volumes[info.ID] = entry
	w.ids[info.ID] = told.name
	w.tellMounts(told, bricks)
}

// tellForeign tells of a volume none of whose bricks is in a folder of heketi's.
func (w *work) tellForeign(told *glusterVolume) {
	if path := told.bricks[0].path; strings.Contains(path, "/run/gluster/snaps/") {
		w.contradict("volume %s is left out: its bricks are of a snapshot (%s), as heketi makes clones, whose database entries cannot be made again; copy its files into a new volume", told.name, path)
		return
	}
	w.Others = append(w.Others, fmt.Sprintf("volume %s: its bricks are elsewhere (%v)", told.name, told.bricks[0]))
}

// volumeID finds heketi's id of a volume, or says what contradicts.
func (w *work) volumeID(cluster *clusterEntry, told *glusterVolume) (id, problem string) {
	id = told.options[optionID]
	from := "gluster's option " + optionID
	if !heketiID.MatchString(id) {
		id = ""
	}
	for _, r := range w.records[told.name] {
		switch {
		case r.cluster != "" && r.cluster != cluster.Info.ID:
			return "", fmt.Sprintf("%v has it in cluster %s, and others have the cluster as %s", r, r.cluster, cluster.Info.ID)
		case id == "" && r.id != "":
			id, from = r.id, r.String()
		case r.id != "" && r.id != id:
			return "", fmt.Sprintf("its id is %s by %s and %s by %v", id, from, r.id, r)
		}
	}
	if named, is := strings.CutPrefix(told.name, "vol_"); id == "" && is && heketiID.MatchString(named) {
		id = named
	}
	if id == "" {
		id = idOf(told.uuid)
		if id == "" {
			id = newID(told.uuid)
		}
		w.decide("volume %s: nobody tells heketi's id of it; it becomes %s", told.name, id)
	}
	if other, taken := w.ids[id]; taken {
		return "", fmt.Sprintf("its id %s is that of volume %s", id, other)
	}
	return id, ""
}

func durabilityOf(told *glusterVolume) durability {
	var d durability
	switch {
	case told.disperse > 0:
		d.Type = "disperse"
		d.Disperse.Data, d.Disperse.Redundancy = told.disperse-told.redundancy, told.redundancy
	case told.replicas > 1:
		d.Type = "replicate"
		d.Replicate.Replica = told.replicas
	default:
		d.Type = "none"
	}
	return d
}

// gidOf finds the GID: PersistentVolumes count, else what the bricks' folders have.
func (w *work) gidOf(told *glusterVolume, bricks []brick) int64 {
	var folders int64
	for _, b := range bricks {
		folders = max(folders, b.gid)
	}
	for _, r := range w.records[told.name] {
		if r.gid == 0 {
			continue
		}
		if r.gid != folders {
			w.decide("volume %s: %v has the GID %d, which counts, and the folders of its bricks have %d", told.name, r, r.gid, folders)
		}
		return r.gid
	}
	return folders
}

// optionsOf are the options as heketi keeps them. Before and behind is an empty one, which stand for those of its
// configuration.
func (w *work) optionsOf(told *glusterVolume) []string {
	options := []string{""}
	for _, name := range told.order {
		value := told.options[name]
		if name != optionID && defaultOptions[name] != value {
			options = append(options, name+" "+value)
		}
	}
	if told.arbiters > 0 && told.options[optionArbiter] != "true" {
		w.decide("volume %s has arbiters, and no option that says so to heketi; it gets %s", told.name, optionArbiter)
		options = append(options, optionArbiter+" true")
	}
	return append(options, "")
}

// enter has the database have the bricks of a volume, or says why it cannot.
func (w *work) enter(entry *volumeEntry, bricks []brick) (problem string) {
	needed := map[*deviceEntry]uint64{}
	for _, b := range bricks {
		device := w.database.Devices[b.group.device]
		needed[device] += b.pool.kib + metadataSize(b.pool.kib, b.group.extentKiB)
		if needed[device] > device.Info.Storage.Free {
			return fmt.Sprintf("its bricks do not fit on device %s, of which heketi's bricks take all", device.Info.Name)
		}
		if w.database.Bricks[b.id] != nil {
			return fmt.Sprintf("its brick %s is one of another volume, too", b.id)
		}
	}
	for _, b := range bricks {
		device := w.database.Devices[b.group.device]
		made := b.entry(entry.Info.ID, device)
		device.take(made)
		entry.Bricks = append(entry.Bricks, b.id)
		w.database.Bricks[b.id] = made
		w.used[b.group.name()+"/"+b.logical.name], w.used[b.group.name()+"/"+b.pool.name] = true, true
	}
	return ""
}

// mountFrom says where the volume is mounted from, as heketi does.
func (v *volumeEntry) mountFrom(hosts []string) {
	mount := &v.Info.Mount.GlusterFS
	mount.Hosts, mount.Device = hosts, hosts[0]+":"+v.Info.Name
	mount.Options = map[string]string{"backup-volfile-servers": strings.Join(hosts[1:], ",")}
}

// tellMounts tells of bricks that their hosts do not mount.
func (w *work) tellMounts(told *glusterVolume, bricks []brick) {
	for _, b := range bricks {
		folder := strings.TrimSuffix(b.told.path, "/brick")
		device := "/dev/mapper/" + b.group.name() + "-" + b.logical.name
		if _, there := b.host.fstab[folder]; !there {
			w.ToDo = append(w.ToDo, fmt.Sprintf("storage host %s: add the line of a brick of volume %s to heketi's fstab: %s %s xfs %s 1 2", b.host.Name, told.name, device, folder, b.host.brickOptions()))
		}
		if !b.host.mounted[folder] {
			w.ToDo = append(w.ToDo, fmt.Sprintf("storage host %s: mount the brick of volume %s at %s, and have gluster start it: gluster volume start %s force", b.host.Name, told.name, folder, told.name))
		}
	}
}
