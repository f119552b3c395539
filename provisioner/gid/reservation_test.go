package gid

import (
	"errors"
	"testing"
)

func TestAClaimKeepsItsReservation(t *testing.T) {
	a := NewAllocator()
	first := mustAcquire(t, a, "claim", Range{3000, 3009})
	for _, within := range []Range{{3000, 3009}, {5000, 5009}, widest} {
		if got := mustAcquire(t, a, "claim", within); got != first {
			t.Errorf("Acquire within %s: got %d, want %d again", within, got, first)
		}
	}
	expectTaken(t, a, 1)
}

func TestCancelGivesTheGIDBackOnce(t *testing.T) {
	a := NewAllocator()
	a.Cancel("unknown")
	gid := mustAcquire(t, a, "first", widest)
	a.Cancel("first")
	expectTaken(t, a, 0)
	if got := mustAcquire(t, a, "second", widest); got != gid {
		t.Errorf("after Cancel: got %d, want %d, which is free again", got, gid)
	}
	a.Cancel("first")
	if got := mustAcquire(t, a, "third", widest); got == gid {
		t.Errorf("a second Cancel freed GID %d, which belongs to another claim", gid)
	}
	expectTaken(t, a, 2)
}

func TestReserve(t *testing.T) {
	t.Run("takes the GID", func(t *testing.T) {
		a := NewAllocator()
		if err := a.Reserve("claim", 2000); err != nil {
			t.Fatal(err)
		}
		if got := mustAcquire(t, a, "claim", Range{5000, 5001}); got != 2000 {
			t.Errorf("the claim acquires %d, want its reserved 2000", got)
		}
		if got := mustAcquire(t, a, "other", widest); got != 2001 {
			t.Errorf("another claim acquires %d, want 2001", got)
		}
	})
	t.Run("again changes nothing", func(t *testing.T) {
		a := NewAllocator()
		for range 2 {
			if err := a.Reserve("claim", 2000); err != nil {
				t.Fatal(err)
			}
		}
		expectTaken(t, a, 1)
		a.Cancel("claim")
		expectTaken(t, a, 0)
	})
	t.Run("replaces the claim's earlier GID", func(t *testing.T) {
		a := NewAllocator()
		before := mustAcquire(t, a, "claim", widest)
		if err := a.Reserve("claim", 70000); err != nil {
			t.Fatal(err)
		}
		expectTaken(t, a, 1)
		if got := mustAcquire(t, a, "other", widest); got != before {
			t.Errorf("another claim acquires %d, want %d, which is free again", got, before)
		}
	})
	for name, take := range map[string]func(*Allocator){
		"reserved": func(a *Allocator) { _ = a.Reserve("other", 70000) },
		"held":     func(a *Allocator) { a.Hold("other", 70000) },
	} {
		t.Run("of a GID that is "+name+" elsewhere is refused", func(t *testing.T) {
			a := NewAllocator()
			before := mustAcquire(t, a, "claim", widest)
			take(a)
			var held *HeldError
			if err := a.Reserve("claim", 70000); !errors.As(err, &held) || held.GID != 70000 {
				t.Errorf("got %v, want a *HeldError of 70000", err)
			}
			if got := mustAcquire(t, a, "claim", widest); got != before {
				t.Errorf("the claim has %d now, want %d still", got, before)
			}
			expectTaken(t, a, 2)
		})
	}
}

func TestHold(t *testing.T) {
	t.Run("takes the place of the claim's reservation", func(t *testing.T) {
		a := NewAllocator()
		gid := mustAcquire(t, a, "claim", widest)
		a.Hold("claim", gid)
		a.Cancel("claim")
		expectTaken(t, a, 1)
		a.Release(gid)
		expectTaken(t, a, 0)
	})
	t.Run("of another GID leaves the claim's reservation", func(t *testing.T) {
		a := NewAllocator()
		gid := mustAcquire(t, a, "claim", widest)
		a.Hold("claim", 70000)
		expectTaken(t, a, 2)
		if got := mustAcquire(t, a, "claim", widest); got != gid {
			t.Errorf("the claim has %d now, want %d still", got, gid)
		}
	})
	t.Run("by several lasts until the last one's release", func(t *testing.T) {
		a := NewAllocator()
		for range 3 {
			a.Hold("", 2000)
		}
		for range 3 {
			if got := mustAcquire(t, a, "claim", widest); got == 2000 {
				t.Fatal("GID 2000 is given away although it is held")
			}
			a.Cancel("claim")
			a.Release(2000)
		}
		if got := mustAcquire(t, a, "claim", widest); got != 2000 {
			t.Errorf("after the last release: got %d, want 2000", got)
		}
	})
	t.Run("beside another claim's reservation outlives it", func(t *testing.T) {
		a := NewAllocator()
		gid := mustAcquire(t, a, "claim", widest)
		a.Hold("other", gid)
		a.Cancel("claim")
		expectTaken(t, a, 1)
		a.Release(gid)
		expectTaken(t, a, 0)
	})
}

func TestReleaseOfAFreeGIDDoesNothing(t *testing.T) {
	a := NewAllocator()
	a.Release(2000)
	expectTaken(t, a, 0)
	if got := mustAcquire(t, a, "claim", widest); got != 2000 {
		t.Errorf("got %d, want 2000", got)
	}
}

// PersistentVolumes made elsewhere may carry GIDs that no class allows.
func TestGIDsBeyondWhatClassesAllow(t *testing.T) {
	for _, gid := range []uint32{0, 1, least - 1, last + 1, 1<<32 - 1} {
		a := NewAllocator()
		for range 2 {
			a.Hold("other", gid)
			a.Hold("another", gid)
			if got := mustAcquire(t, a, "claim", widest); got != least {
				t.Errorf("while %d is held: got %d, want %d", gid, got, least)
			}
			a.Cancel("claim")
			a.Release(gid)
			a.Release(gid)
		}
		expectTaken(t, a, 0)
		mustAcquire(t, a, "claim", Range{last, last})
		var full *FullError
		if got, err := a.Acquire("other", Range{last, last}); !errors.As(err, &full) {
			t.Errorf("after %d was held: got %d, %v; want a *FullError", gid, got, err)
		}
	}
}
