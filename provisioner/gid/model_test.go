package gid

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

// model is an allocator so simple that it cannot be wrong.
type model struct {
	reserved map[types.UID]uint32
	// holds has an element for every hold, so a GID may stand in it twice.
	holds []uint32
	// holders counts the holds and reservations of each GID.
	holders map[uint32]int
}

func (m *model) take(gid uint32) { m.holders[gid]++ }

func (m *model) free(gid uint32) {
	if m.holders[gid]--; m.holders[gid] == 0 {
		delete(m.holders, gid)
	}
}

// acquire returns 0 when the range is full.
func (m *model) acquire(claim types.UID, within Range) uint32 {
	if gid, ok := m.reserved[claim]; ok {
		return gid
	}
	for gid := within.Min; gid <= within.Max; gid++ {
		if m.holders[gid] == 0 {
			m.reserved[claim] = gid
			m.take(gid)
			return gid
		}
	}
	return 0
}

func (m *model) reserve(claim types.UID, gid uint32) bool {
	if m.reserved[claim] == gid {
		return true
	}
	if m.holders[gid] > 0 {
		return false
	}
	m.cancel(claim)
	m.reserved[claim] = gid
	m.take(gid)
	return true
}

func (m *model) cancel(claim types.UID) {
	if gid, ok := m.reserved[claim]; ok {
		delete(m.reserved, claim)
		m.free(gid)
	}
}

func (m *model) hold(claim types.UID, gid uint32) {
	if m.reserved[claim] == gid {
		m.cancel(claim)
	}
	m.holds = append(m.holds, gid)
	m.take(gid)
}

func (m *model) release(i int) (gid uint32) {
	gid = m.holds[i]
	m.holds = slices.Delete(m.holds, i, i+1)
	m.free(gid)
	return gid
}

func (m *model) freeIn(within Range) uint64 {
	free := within.Size()
	for gid := range m.holders {
		if within.contains(gid) {
			free--
		}
	}
	return free
}

// neighborhoods are ranges that overlap each other, on and off the ends of what
// is allowed and of the containers of 65536 in which GIDs are kept, and among
// few and many that are held.
var neighborhoods = map[string]struct {
	held   []Range
	ranges []Range
}{
	"small":                {nil, []Range{{2000, 2005}, {2003, 2009}, {2000, 2000}, widest}},
	"many held":            {[]Range{{2000, 6200}}, []Range{{6195, 6210}, {2000, 6205}, widest}},
	"container boundary":   {nil, []Range{{65533, 65538}, {65530, 65535}, {65536, 65541}, {65530, last}}},
	"high container":       {nil, []Range{{65536, 65540}, {65538, 65545}, {65536, 65536}, {65536, last}}},
	"boundaries far apart": {nil, []Range{{65534, 65537}, {131070, 131073}, {65535, 131072}, {65534, last}}},
	"full container":       {[]Range{{65536, 131071}}, []Range{{65530, 131080}, {131066, 131076}, {65530, last}}},
	"end":                  {nil, []Range{{last - 5, last}, {last - 3, last - 1}, {last, last}, {last - 9, last}}},
}

func TestTheAllocatorDoesAsTheModel(t *testing.T) {
	for name, n := range neighborhoods {
		t.Run(name, func(t *testing.T) {
			seeds := uint64(20)
			if n.held != nil {
				seeds = 8
			}
			for seed := range seeds {
				if !agree(t, n.held, n.ranges, seed) {
					return
				}
			}
		})
	}
}

// agree does the same random things to an allocator and to the model, and says
// whether both always answered the same.
func agree(t *testing.T, held, ranges []Range, seed uint64) bool {
	random := rand.New(rand.NewPCG(seed, 0))
	a := holding(held...)
	m := &model{reserved: map[types.UID]uint32{}, holders: map[uint32]int{}}
	for _, r := range held {
		for gid := r.Min; gid <= r.Max; gid++ {
			m.take(gid)
		}
	}
	var story []string
	for range 400 {
		claim := types.UID(fmt.Sprintf("c%d", random.IntN(12)))
		within := ranges[random.IntN(len(ranges))]
		gid := within.Min + random.Uint32N(min(within.Max-within.Min, 10)+1)
		var step, got, want string
		switch what := random.IntN(10); {
		case what < 5:
			step = fmt.Sprintf("Acquire(%s, %s)", claim, within)
			got, want = acquired(a, claim, within), fmt.Sprint(m.acquire(claim, within))
		case what < 6:
			step = fmt.Sprintf("Reserve(%s, %d)", claim, gid)
			got, want = fmt.Sprint(a.Reserve(claim, gid) == nil), fmt.Sprint(m.reserve(claim, gid))
		case what < 7:
			step = fmt.Sprintf("Cancel(%s)", claim)
			a.Cancel(claim)
			m.cancel(claim)
		case what < 8 || len(m.holds) == 0:
			// Mostly the claim's own GID, as when its PersistentVolume is seen.
			if own, ok := m.reserved[claim]; ok && random.IntN(4) > 0 {
				gid = own
			}
			step = fmt.Sprintf("Hold(%s, %d)", claim, gid)
			a.Hold(claim, gid)
			m.hold(claim, gid)
		default:
			gid = m.release(random.IntN(len(m.holds)))
			step = fmt.Sprintf("Release(%d)", gid)
			a.Release(gid)
		}
		story = append(story, step)
		got += fmt.Sprintf(" with %d taken, %d free in the range", a.Taken(), a.FreeIn(within))
		want += fmt.Sprintf(" with %d taken, %d free in the range", len(m.holders), m.freeIn(within))
		if got != want {
			t.Errorf("seed %d, step %d, %s: got %s, want %s\nheld from the beginning: %v\nsteps: %s",
				seed, len(story), step, got, want, held, story)
			return false
		}
	}
	return true
}

// acquired returns "0" when the range is full, as the model does.
func acquired(a *Allocator, claim types.UID, within Range) string {
	gid, err := a.Acquire(claim, within)
	var full *FullError
	if errors.As(err, &full) && full.Range == within && full.Held == uint64(within.Max-within.Min)+1 {
		return "0"
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(gid)
}
