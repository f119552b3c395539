package gid

import (
	"fmt"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestGIDsAreUniqueAmongConcurrentClaims(t *testing.T) {
	const claims = 400
	a := NewAllocator()
	var mu sync.Mutex
	owner := map[uint32]types.UID{}
	var all sync.WaitGroup
	for i := range claims {
		all.Go(func() {
			claim := types.UID(fmt.Sprintf("claim-%d", i))
			// The ranges overlap, and a boundary of 65536 lies among them.
			within := Range{65300 + uint32(i%7), 66000}
			for range 3 {
				if _, err := a.Acquire(claim, within); err != nil {
					t.Errorf("%s: %v", claim, err)
				}
				a.Cancel(claim)
			}
			gid, err := a.Acquire(claim, within)
			if err != nil {
				t.Errorf("%s: %v", claim, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if other, given := owner[gid]; given {
				t.Errorf("GID %d belongs to both %s and %s", gid, other, claim)
			}
			owner[gid] = claim
		})
	}
	all.Wait()
	expectTaken(t, a, claims)
}

func TestAllIsFreeAfterConcurrentLives(t *testing.T) {
	a := NewAllocator()
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for round := range 200 {
				claim := types.UID(fmt.Sprintf("claim-%d-%d", worker, round))
				gid, err := a.Acquire(claim, Range{2000, 2099})
				if err != nil {
					t.Error(err)
					return
				}
				if round%3 == 0 {
					a.Cancel(claim)
					continue
				}
				a.Hold(claim, gid)
				_ = a.Taken()
				a.Release(gid)
			}
		})
	}
	all.Wait()
	expectTaken(t, a, 0)
}
