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
	var given sync.Map
	var all sync.WaitGroup
	for i := range claims {
		all.Go(func() {
			claim := types.UID(fmt.Sprintf("claim-%d", i))
			within := Range{5000 + uint32(i%7), 5500}
			for range 3 {
				_, _ = a.Acquire(claim, within)
				a.Cancel(claim)
			}
			gid, err := a.Acquire(claim, within)
			if err != nil {
				t.Errorf("%s: %v", claim, err)
				return
			}
			if other, twice := given.LoadOrStore(gid, claim); twice {
				t.Errorf("GID %d belongs to both %s and %s", gid, other, claim)
			}
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
