package gid

import (
	"errors"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

// The GIDs that classes may use: from the least that is allowed to the last one
// that heketi accepts.
const (
	least uint32 = 2000
	last  uint32 = 2147483646
)

var widest = Range{least, last}

// holding returns an allocator in which every GID of the ranges is held.
func holding(ranges ...Range) *Allocator {
	a := NewAllocator()
	for _, r := range ranges {
		for gid := r.Min; gid <= r.Max; gid++ {
			a.Hold("", gid)
		}
	}
	return a
}

func mustAcquire(t *testing.T, a *Allocator, claim types.UID, within Range) uint32 {
	t.Helper()
	gid, err := a.Acquire(claim, within)
	if err != nil {
		t.Fatalf("Acquire(%q, %s): %v", claim, within, err)
	}
	return gid
}

func expectTaken(t *testing.T, a *Allocator, want uint64) {
	t.Helper()
	if got := a.Taken(); got != want {
		t.Errorf("Taken: got %d, want %d", got, want)
	}
}

func TestAcquireReturnsTheLowestFreeGID(t *testing.T) {
	tests := []struct {
		held   []Range
		within Range
		want   uint32
	}{
		{nil, widest, 2000},
		{nil, Range{5000, 5000}, 5000},
		{nil, Range{last, last}, last},
		{[]Range{{2000, 2000}}, widest, 2001},
		{[]Range{{2001, 2005}}, widest, 2000},
		{[]Range{{2000, 2004}, {2006, 2010}}, widest, 2005},
		{[]Range{{1000, 1999}}, widest, 2000},
		{[]Range{{3000, 3010}}, Range{3005, 3011}, 3011},
		{[]Range{{last - 9, last - 1}}, Range{last - 9, last}, last},
		{[]Range{{last - 9, last - 6}, {last - 4, last}}, Range{last - 9, last}, last - 5},

		// The set of GIDs is kept in containers of 65536, whose form changes
		// at 4096 and when they are full.
		{[]Range{{2000, 6095}}, widest, 6096},
		{[]Range{{2000, 6096}}, widest, 6097},
		{[]Range{{2000, 6099}, {6101, 9000}}, widest, 6100},
		{[]Range{{2000, 6000}, {6064, 9000}}, widest, 6001},
		{[]Range{{70000, 75000}}, Range{70000, 80000}, 75001},
		{[]Range{{2000, 65534}}, widest, 65535},
		{[]Range{{2000, 65535}}, widest, 65536},
		{[]Range{{2000, 65536}}, widest, 65537},
		{[]Range{{2000, 65545}}, widest, 65546},
		{[]Range{{2000, 131071}}, widest, 131072},
		{[]Range{{2000, 131072}}, widest, 131073},
		{[]Range{{2000, 65535}, {65537, 65540}}, widest, 65536},
		{[]Range{{2000, 65535}, {131072, 131080}}, widest, 65536},
		{[]Range{{2000, 65535}, {70000, 70000}}, widest, 65536},
		{[]Range{{65000, 65535}}, Range{65000, 66000}, 65536},
		{[]Range{{65000, 65999}}, Range{65000, 66000}, 66000},
		{[]Range{{65535, 65535}}, Range{65535, 65536}, 65536},
		{[]Range{{65535, 65535}, {131071, 131071}}, Range{131071, 131073}, 131072},
		{[]Range{{65536, 131071}}, Range{65536, last}, 131072},
		{[]Range{{65536, 131071}}, widest, 2000},
		{[]Range{{131072, 131080}}, Range{131072, 131090}, 131081},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("held %v within %s", test.held, test.within), func(t *testing.T) {
			got, err := holding(test.held...).Acquire("claim", test.within)
			if got != test.want || err != nil {
				t.Errorf("got %d, %v; want %d", got, err, test.want)
			}
		})
	}
}

func TestAcquireSaysWhenARangeIsFull(t *testing.T) {
	tests := []struct {
		held   []Range
		within Range
	}{
		{[]Range{{2000, 2000}}, Range{2000, 2000}},
		{[]Range{{2000, 2010}}, Range{2000, 2010}},
		{[]Range{{1990, 2020}}, Range{2000, 2010}},
		{[]Range{{65530, 65535}}, Range{65530, 65535}},
		{[]Range{{65530, 65536}}, Range{65530, 65536}},
		{[]Range{{65530, 65540}}, Range{65530, 65540}},
		{[]Range{{65536, 65536}}, Range{65536, 65536}},
		{[]Range{{65000, 131080}}, Range{65000, 131080}},
		{[]Range{{last, last}}, Range{last, last}},
		{[]Range{{last - 100, last}}, Range{last - 100, last}},
		{[]Range{{last - 100, last + 1}}, Range{last - 50, last}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("held %v within %s", test.held, test.within), func(t *testing.T) {
			a := holding(test.held...)
			taken := a.Taken()
			gid, err := a.Acquire("claim", test.within)
			var full *FullError
			if !errors.As(err, &full) {
				t.Fatalf("got %d, %v; want a *FullError", gid, err)
			}
			want := FullError{Range: test.within, Held: uint64(test.within.Max-test.within.Min) + 1}
			if *full != want {
				t.Errorf("got %+v, want %+v", *full, want)
			}
			expectTaken(t, a, taken)
		})
	}
}

func TestOverlappingRangesNeverGiveTheSameGID(t *testing.T) {
	ranges := []Range{{65500, 65600}, {65530, 65570}, {65536, 65545}, {65400, 65540}, {65500, 65600}}
	a := NewAllocator()
	owner := map[uint32]types.UID{}
	for round := range 1500 {
		within := ranges[round%len(ranges)]
		claim := types.UID(fmt.Sprintf("claim-%d", round))
		gid, err := a.Acquire(claim, within)
		if err != nil {
			continue
		}
		if before, given := owner[gid]; given {
			t.Fatalf("GID %d was given to %s, and then to %s within %s", gid, before, claim, within)
		}
		owner[gid] = claim
	}
	if got, want := len(owner), 65600-65400+1; got != want {
		t.Errorf("%d GIDs were given out of all ranges, want %d", got, want)
	}
}

func TestTheReportedErrorsReadWell(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{&FullError{Range: Range{2000, 2009}, Held: 10}, "no GID is free in 2000-2009: all 10 are held"},
		{&HeldError{GID: 2147483646}, "GID 2147483646 is held by another volume"},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
