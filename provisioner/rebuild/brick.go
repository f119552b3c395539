package rebuild

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// brick is a brick of heketi's, as its host has it.
type brick struct {
	told  glusterBrick
	host  *Host
	id    string
	group *group
	// logical is its logical volume, pool the thin pool of that.
	logical, pool logicalVolume
	gid           int64
	// kib is its size as heketi asked for it.
	kib uint64
}

// bricksOf finds the bricks of a volume on their hosts, or says what contradicts.
func (w *work) bricksOf(p *pool, told *glusterVolume) (bricks []brick, problem string) {
	for _, t := range told.bricks {
		names := brickFolder.FindStringSubmatch(t.path)
		b := brick{told: t, host: p.hostOf(t.peer), id: names[2]}
		if b.host == nil {
			return nil, fmt.Sprintf("there is nothing from the host of its brick %v", t)
		}
		if b.host.blocks[t.path] {
			return nil, fmt.Sprintf("it holds block volumes (%s/block-meta), whose entries cannot be made again", t.path)
		}
		var there bool
		if b.group, there = b.host.groups["vg_"+names[1]]; !there {
			return nil, fmt.Sprintf("storage host %s has no volume group vg_%s, which gluster's brick %v is in; see with vgs and pvs whether its disk is there, and run the script again", b.host.Name, names[1], t)
		}
		if b.logical, there = b.group.volumes["brick_"+b.id]; !there {
			return nil, fmt.Sprintf("storage host %s has no logical volume %s/brick_%s, which gluster's brick %v is on; replace the brick in gluster", b.host.Name, b.group.name(), b.id, t)
		}
		if b.pool, there = b.group.volumes[b.logical.pool]; !there || !poolName.MatchString(b.pool.name) {
			return nil, fmt.Sprintf("logical volume %s/%s on storage host %s is in the pool %q, and heketi's bricks have a pool tp_... each", b.group.name(), b.logical.name, b.host.Name, b.logical.pool)
		}
		if other := b.group.otherBrickIn(b.logical); other != "" {
			return nil, fmt.Sprintf("logical volumes %s and %s of %s on storage host %s are in one pool, and heketi's bricks have one each", b.logical.name, other, b.group.name(), b.host.Name)
		}
		b.gid = b.host.gids[t.path]
		bricks = append(bricks, b)
	}
	if !w.isTold(told, bricks) {
		return nil, "none of its bricks is mounted, so that nothing tells its GID, nor whether it holds block volumes; mount one by heketi's fstab, and run the script again"
	}
	return bricks, ""
}

// isTold says whether a brick's folder or a PersistentVolume tells what a volume is for.
func (w *work) isTold(told *glusterVolume, bricks []brick) bool {
	return len(w.records[told.name]) > 0 || slices.ContainsFunc(bricks, func(b brick) bool {
		_, mounted := b.host.gids[b.told.path]
		return mounted
	})
}

// entry is the brick in the database.
func (b brick) entry(volume string, device *deviceEntry) *brickEntry {
	e := &brickEntry{TpSize: b.pool.kib, PoolMetadataSize: metadataSize(b.pool.kib, b.group.extentKiB), LvmThinPool: b.pool.name, SubType: normalBrick}
	if b.told.arbiter {
		e.SubType = arbiterBrick
	}
	e.Info.ID, e.Info.Path, e.Info.Device, e.Info.Node, e.Info.Volume, e.Info.Size = b.id, b.told.path, b.group.device, device.NodeID, volume, b.kib
	return e
}

// setKey is what sets of one operation of heketi have in common.
type setKey struct{ logical, extent uint64 }

// sizeOf finds the size of a volume in GiB, and those of its bricks.
func (w *work) sizeOf(told *glusterVolume, bricks []brick) int {
	data := max(told.disperse-told.redundancy, 1)
	sets := map[setKey]int{}
	for i := 0; i < len(bricks); i += told.setSize() {
		sets[bricks[i].key()]++
	}
	average := averageFile(told)
	var exact, total uint64
	odd := false
	for key, count := range sets {
		_, gib, ok := brickSize(key.logical, key.extent, data, count)
		exact += uint64(gib)
		total += key.logical * uint64(data) * uint64(count)
		odd = odd || !ok
	}
	for i := range bricks {
		first := bricks[i-i%told.setSize()].key()
		size, _, ok := brickSize(first.logical, first.extent, data, sets[first])
		b := &bricks[i]
		if b.told.arbiter {
			size = arbiterSize(size, average)
		}
		if !ok || align(size, b.group.extentKiB) != b.logical.kib {
			odd, size = true, b.logical.kib
		}
		b.kib = size
	}
	gib := int(exact)
	if odd {
		gib = int(total / kibPerGiB)
		w.decide("volume %s: its bricks have other sizes than heketi gives, perhaps because somebody has enlarged them; it becomes %d GiB", told.name, gib)
	}
	for _, r := range w.records[told.name] {
		if r.gib != gib {
			w.decide("volume %s has %d GiB by its bricks, which counts, and %v has %d GiB", told.name, gib, r, r.gib)
		}
	}
	return gib
}

func (b brick) key() setKey { return setKey{b.logical.kib, b.group.extentKiB} }

// averageFile is how large files are taken to be, in KiB, for the size of arbiters.
func averageFile(told *glusterVolume) uint64 {
	if size, err := strconv.ParseUint(told.options[optionAverageFile], 10, 64); err == nil && size > 0 {
		return size
	}
	return fileOfArbiter
}

// snapshotFactor finds the factor by which the volume's pools are larger than its bricks.
func (w *work) snapshotFactor(told *glusterVolume, bricks []brick) float32 {
	var pairs []pair
	for _, b := range bricks {
		pairs = append(pairs, pair{b.kib, b.pool.kib, b.group.extentKiB})
		if has, heketis := b.pool.metadataKiB, metadataSize(b.pool.kib, b.group.extentKiB); has != heketis {
			w.decide("volume %s: pool %s/%s on storage host %s has %d KiB of metadata, and heketi counts %d", told.name, b.group.name(), b.pool.name, b.host.Name, has, heketis)
		}
	}
	factor, ok := factorOf(pairs)
	if !ok {
		factor = 1
		w.decide("volume %s: its pools are larger than its bricks by no factor that heketi could have been told; it becomes 1, without room for snapshots in new bricks", told.name)
	}
	return factor
}

// brickOptions are those with which the host mounts heketi's bricks.
func (h *Host) brickOptions() string {
	for folder, options := range h.fstab {
		if strings.HasPrefix(folder, "/var/lib/heketi/mounts/vg_") {
			return options
		}
	}
	return "rw,inode64,noatime,nouuid"
}
