package rebuild

import (
	"math"
	"strconv"
)

// The sizes of heketi 10.3, in KiB (apps/glusterfs/device_entry.go, limits.go and placer_arbiter.go).
const (
	kibPerGiB       = 1 << 20
	largestMetadata = 16 * kibPerGiB
	metadataPart    = 0.005
	smallestArbiter = 16 << 10
	fileOfArbiter   = 64
)

// align rounds up to whole extents.
func align(kib, extent uint64) uint64 {
	if rest := kib % extent; rest != 0 {
		kib += extent - rest
	}
	return kib
}

// poolSize is how large heketi makes the thin pool for a brick.
func poolSize(brick uint64, factor float32, extent uint64) uint64 {
	return align(uint64(float64(brick)*float64(factor)), extent)
}

// metadataSize is how large heketi makes the metadata of a pool.
func metadataSize(pool, extent uint64) uint64 {
	return align(min(uint64(float64(pool)*metadataPart), largestMetadata), extent)
}

// arbiterSize is how large heketi makes the arbiter of a brick, with files of that average size.
func arbiterSize(brick, averageFile uint64) uint64 {
	return max(brick/averageFile, smallestArbiter)
}

// brickSize finds the size of a brick from that of its logical volume, which LVM has rounded up to
// extents: heketi cuts whole GiB into 1, 2, 4... sets, and each of these into bricks for data.
// sets is how many sets of the volume have bricks of that size. gib is what these sets are
// together. It is false if heketi makes no bricks like that.
func brickSize(logical, extent uint64, data, sets int) (brick uint64, gib int, ok bool) {
	for cut := 1; cut <= sets; cut *= 2 {
		if sets%cut != 0 {
			continue
		}
		whole := logical * uint64(data) * uint64(cut) / kibPerGiB
		brick := whole * kibPerGiB / uint64(cut) / uint64(data)
		if whole > 0 && align(brick, extent) == logical {
			return brick, int(whole) * sets / cut, true
		}
	}
	return 0, 0, false
}

// pair is a brick's size and that of its pool, with the extents of its device.
type pair struct{ brick, pool, extent uint64 }

// factorOf finds the factor by which pools are larger than bricks, so that snapshots have room: the
// shortest decimal number that makes the pools of the bricks. It is false if there is none.
func factorOf(pairs []pair) (float32, bool) {
	if len(pairs) == 0 || pairs[0].brick == 0 {
		return 0, false
	}
	ratio := float64(pairs[0].pool) / float64(pairs[0].brick)
	for decimals := range 6 {
		scale := math.Pow10(decimals)
		for _, number := range []float64{math.Floor(ratio * scale), math.Ceil(ratio * scale)} {
			// As heketi reads it from JSON.
			factor, err := strconv.ParseFloat(strconv.FormatFloat(number/scale, 'f', decimals, 64), 32)
			if err == nil && makes(pairs, float32(factor)) {
				return float32(factor), true
			}
		}
	}
	return 0, false
}

func makes(pairs []pair, factor float32) bool {
	for _, p := range pairs {
		if poolSize(p.brick, factor, p.extent) != p.pool {
			return false
		}
	}
	return true
}
