package rebuild

import (
	"testing"
)

// TestSizesAreHeketis makes bricks as heketi 10.3 does, has LVM round them, and finds them again.
func TestSizesAreHeketis(t *testing.T) {
	t.Parallel()
	for _, extent := range []uint64{4096, 8192, 65536} {
		for data := 1; data <= 16; data++ {
			for cut := 1; cut <= 32 && cut*data <= 32; cut *= 2 {
				for _, gib := range []int{1, 2, 3, 5, 7, 20, 100, 999, 4096, 30000} {
					brick := uint64(gib) * kibPerGiB / uint64(cut) / uint64(data)
					if brick < 16<<10 {
						continue
					}
					size, whole, ok := brickSize(align(brick, extent), extent, data, cut)
					if extent == 4096 && (!ok || size != brick || whole != gib) {
						t.Errorf("%d GiB, cut into %d and %d: brick %d is found as %d of %d GiB, %v", gib, cut, data, brick, size, whole, ok)
					}
					// With larger extents another size may fit as well; it takes as much of the device.
					if !ok || align(size, extent) != align(brick, extent) {
						t.Errorf("extents of %d KiB: %d GiB, cut into %d and %d: brick %d is found as %d", extent, gib, cut, data, brick, size)
					}
					checkFactor(t, brick, extent)
				}
			}
		}
	}
	if _, _, ok := brickSize(1<<20+4096, 4096, 1, 1); ok {
		t.Error("a brick of 1028 MiB is one of heketi's")
	}
}

func checkFactor(t *testing.T, brick, extent uint64) {
	t.Helper()
	for _, want := range []float32{1, 1.1, 1.2, 1.25, 1.5, 2, 10} {
		pairs := []pair{{brick, poolSize(brick, want, extent), extent}}
		if got, ok := factorOf(pairs); !ok || !makes(pairs, got) || brick > 1<<22 && extent == 4096 && got != want {
			t.Errorf("brick %d, extents of %d KiB: the factor %v is found as %v", brick, extent, want, got)
		}
	}
}

// TestArithmeticOfHeketi compares with what heketi 10.3 was seen to take of devices.
func TestArithmeticOfHeketi(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ pool, metadata uint64 }{
		{1 << 20, 8192}, {15 << 20, 81920}, {4 << 30, 16 << 20}, {4096, 4096}, {16384, 4096},
	} {
		if got := metadataSize(test.pool, 4096); got != test.metadata {
			t.Errorf("a pool of %d KiB has %d KiB of metadata, want %d", test.pool, got, test.metadata)
		}
	}
	for _, test := range []struct{ brick, average, want uint64 }{
		{20 << 20, 64, 327680}, {1 << 20, 64, 16384}, {20 << 20, 32, 655360},
	} {
		if got := arbiterSize(test.brick, test.average); got != test.want {
			t.Errorf("the arbiter of %d KiB has %d KiB, want %d", test.brick, got, test.want)
		}
	}
	if _, ok := factorOf([]pair{{1 << 20, 1 << 20, 4096}, {1 << 20, 2 << 20, 4096}}); ok {
		t.Error("two pools of different sizes have one factor")
	}
}
