package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var updateOptions metav1.UpdateOptions

// deleteOptions say which version is meant.
func deleteOptions(configMap *v1.ConfigMap) metav1.DeleteOptions {
	return metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &configMap.UID, ResourceVersion: &configMap.ResourceVersion}}
}

// each calls do for so many entries, side by side.
func each(count int, do func(Entry)) {
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() { do(entryOf(fmt.Sprintf("c%03d", i))) })
	}
	all.Wait()
}

// TestManyCostFewWrites counts them.
func TestManyCostFewWrites(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		s.slow = 20 * time.Millisecond
		each(100, func(entry Entry) { mustWrite(t, j, entry) })
		if writes := s.writes(); len(writes) > 2 {
			t.Errorf("100 entries at once: %v", writes)
		}
		each(100, func(entry Entry) { mustRemove(t, j, entry) })
		if writes := s.writes(); !slices.Equal(writes, []string{"delete"}) {
			t.Errorf("100 removals at once: %v", writes)
		}
		expectListed(t, s, provisioner)
	})
}

// TestOneAloneDoesNotWait measures how long a write, and a removal, take.
func TestOneAloneDoesNotWait(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		s.slow = 20 * time.Millisecond
		took := func(do func(*testing.T, *Journal, Entry)) time.Duration {
			begun := time.Now()
			do(t, j, entryOf("c1"))
			return time.Since(begun)
		}
		if got := took(mustWrite); got != s.slow {
			t.Errorf("the entry took %v", got)
		}
		if got := took(mustRemove); got != patience+s.slow {
			t.Errorf("its removal took %v", got)
		}
		if writes := s.writes(); !slices.Equal(writes, []string{"create", "delete"}) {
			t.Errorf("it wrote %v", writes)
		}
	})
}

// TestARemovalGoesWithAWrite has one come while the other waits.
func TestARemovalGoesWithAWrite(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		mustWrite(t, j, entryOf("c1"))
		time.Sleep(pace)
		s.writes()
		begun := time.Now()
		var removed time.Duration
		var waiting sync.WaitGroup
		waiting.Go(func() {
			mustRemove(t, j, entryOf("c1"))
			removed = time.Since(begun)
		})
		synctest.Wait()
		mustWrite(t, j, entryOf("c2"))
		waiting.Wait()
		if writes := s.writes(); !slices.Equal(writes, []string{"update"}) || removed != 0 {
			t.Errorf("it wrote %v, and the removal took %v", writes, removed)
		}
		expectListed(t, s, provisioner, entryOf("c2"))
	})
}

// TestAFailureIsEverybodys has a write fail that belongs to many, and then succeed.
func TestAFailureIsEverybodys(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		away := errors.New("away")
		s.fail = func(string) error { return away }
		each(20, func(entry Entry) {
			if err := j.Write(t.Context(), entry); !errors.Is(err, away) {
				t.Errorf("%s: %v", entry.ClaimUID, err)
			}
		})
		s.fail = func(string) error { return nil }
		expectListed(t, s, provisioner)
		each(20, func(entry Entry) { mustWrite(t, j, entry) })
		if got, err := j.List(t.Context()); len(got) != 20 || err != nil {
			t.Errorf("%d are there, %v", len(got), err)
		}
	})
}

// TestWhoDoesNotWaitAnyMore leaves the others' write as it is.
func TestWhoDoesNotWaitAnyMore(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		s.slow = time.Second
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := j.Write(ctx, entryOf("c1")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		mustWrite(t, j, entryOf("c2"))
		expectListed(t, s, provisioner, entryOf("c1"), entryOf("c2"))
	})
}

// TestTheLastChangeCounts has a claim's entry written and removed within one group.
func TestTheLastChangeCounts(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		mustWrite(t, j, entryOf("c1"))
		again := entryOf("c1")
		again.GID = 2001
		var waiting sync.WaitGroup
		waiting.Go(func() { mustRemove(t, j, entryOf("c1")) })
		synctest.Wait()
		waiting.Go(func() { mustWrite(t, j, again) })
		waiting.Wait()
		expectListed(t, s, provisioner, again)
	})
}

// TestAFullJournalRefusesWhatIsNew lets everything else go on.
func TestAFullJournalRefusesWhatIsNew(t *testing.T) {
	play(t, func(t *testing.T, s *server, j *Journal) {
		mustWrite(t, j, entryOf("c1"))
		s.edit(func(data map[string]string) { data["c2"] = strings.Repeat("#", sizeLimit-len(data["c1"])-10) })
		before := s.configMaps[configMapName(provisioner)].Data["c1"]
		each(3, func(entry Entry) {
			if err := j.Write(t.Context(), entry); err == nil || !strings.Contains(err.Error(), "no room") {
				t.Errorf("got %v", err)
			}
		})
		if after := s.configMaps[configMapName(provisioner)].Data; len(after) != 2 || after["c1"] != before {
			t.Errorf("%d entries are there", len(after))
		}
		mustRemove(t, j, entryOf("c1"))
		mustWrite(t, j, entryOf("c3"))
	})
}
