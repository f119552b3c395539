package gid

import (
	"fmt"
	"runtime"
	"testing"
)

// heapInUse returns how many bytes live objects take, after a collection.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestAMillionHeldGIDsTakeLittleMemory(t *testing.T) {
	const limit = 3 << 20
	before := heapInUse()
	a := holding(Range{least, least + 999_999})
	got := heapInUse() - before
	expectTaken(t, a, 1_000_000)
	runtime.KeepAlive(a)
	if got > limit {
		t.Errorf("a million held GIDs take %d bytes, want at most %d", got, limit)
	}
	t.Logf("a million held GIDs take %d bytes", got)
}

func TestHalfOfTwoMillionGIDsTakeLittleMemory(t *testing.T) {
	const limit = 4 << 20
	before := heapInUse()
	a := NewAllocator()
	for i := range uint32(1_000_000) {
		a.Hold("", least+2*i)
	}
	got := heapInUse() - before
	runtime.KeepAlive(a)
	if got > limit {
		t.Errorf("a million held GIDs, each next to a free one, take %d bytes, want at most %d", got, limit)
	}
	t.Logf("a million held GIDs, each next to a free one, take %d bytes", got)
}

// BenchmarkAcquireRelease is what a volume's life costs here: a GID is acquired,
// held and released, while others are held from the range's beginning on.
func BenchmarkAcquireRelease(b *testing.B) {
	for _, held := range []uint32{0, 1_000, 1_000_000} {
		b.Run(fmt.Sprintf("held=%d", held), func(b *testing.B) {
			a := holding(Range{least, least + held - 1})
			b.ReportAllocs()
			for b.Loop() {
				gid, err := a.Acquire("claim", widest)
				if err != nil {
					b.Fatal(err)
				}
				a.Hold("claim", gid)
				a.Release(gid)
			}
		})
	}
}

// BenchmarkAcquireFull is the worst search: the whole range is held.
func BenchmarkAcquireFull(b *testing.B) {
	within := Range{least, least + 999_999}
	a := holding(within)
	for b.Loop() {
		if _, err := a.Acquire("claim", within); err == nil {
			b.Fatal("a full range gave a GID")
		}
	}
}
