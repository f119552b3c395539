package heketi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func mustTake(t *testing.T, p *places) (leave func()) {
	t.Helper()
	leave, err := p.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

func expectBound(t *testing.T, p *places, want int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bound != want {
		t.Errorf("got bound %d, want %d", p.bound, want)
	}
}

func TestTheBoundFollowsWhatHeketiTakes(t *testing.T) {
	accepted := func(p *places) { p.wasAccepted() }
	refused := func(p *places) { time.Sleep(time.Millisecond); p.wasRefused(time.Now()) }
	for what, test := range map[string]struct {
		most  int
		steps []func(*places)
		want  int
	}{
		"at first":                       {8, nil, 8},
		"never above":                    {8, slices.Repeat([]func(*places){accepted}, 100), 8},
		"halved":                         {8, []func(*places){refused}, 4},
		"halved each time":               {8, []func(*places){refused, refused}, 2},
		"never below one":                {8, slices.Repeat([]func(*places){refused}, 10), 1},
		"odd":                            {7, []func(*places){refused}, 3},
		"one":                            {1, []func(*places){refused}, 1},
		"not yet grown":                  {8, []func(*places){refused, accepted, accepted, accepted}, 4},
		"grown by one":                   {8, []func(*places){refused, accepted, accepted, accepted, accepted}, 5},
		"a refusal in between":           {8, []func(*places){refused, accepted, accepted, accepted, refused, accepted, accepted}, 3},
		"back after one, two and so on":  {8, append(slices.Repeat([]func(*places){refused}, 3), slices.Repeat([]func(*places){accepted}, 1+2+3+4+5+6+7)...), 8},
		"not quite back after one fewer": {8, append(slices.Repeat([]func(*places){refused}, 3), slices.Repeat([]func(*places){accepted}, 1+2+3+4+5+6+6)...), 7},
	} {
		inABubble(t, what, func(t *testing.T) {
			p := newPlaces(test.most)
			for _, step := range test.steps {
				step(p)
			}
			expectBound(t, p, test.want)
		})
	}
}

// When heketi refuses all that were sent together, that is one fact.
func TestRefusalsOfWhatWasSentBeforeHalveTheBoundOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(8)
		sent := time.Now()
		time.Sleep(time.Millisecond)
		for range 8 {
			p.wasRefused(sent)
		}
		expectBound(t, p, 4)
	})
}

func TestPlacesAreGivenInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1)
		leave := mustTake(t, p)
		var mu sync.Mutex
		var order []int
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				leave := mustTake(t, p)
				defer leave()
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
			})
			synctest.Wait()
		}
		leave()
		all.Wait()
		if len(order) != 20 || !slices.IsSorted(order) {
			t.Errorf("got %v, want 20 in the order of their coming", order)
		}
	})
}

func TestWhoGivesUpLeavesThePlaceToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1)
		leave := mustTake(t, p)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := p.take(ctx); err == nil {
					t.Error("got a place after giving up")
				}
			})
		}
		synctest.Wait()
		all.Go(func() { mustTake(t, p)() })
		synctest.Wait()
		cancel()
		synctest.Wait()
		leave()
		all.Wait()
		mustTake(t, p)()
	})
}

func TestAFewerPlacesAreFilledOnlyOnceOthersHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(4)
		var leaves []func()
		for range 4 {
			leaves = append(leaves, mustTake(t, p))
		}
		time.Sleep(time.Millisecond)
		p.wasRefused(time.Now())
		entered := make(chan func(), 2)
		for range 2 {
			go func() { entered <- mustTake(t, p) }()
		}
		synctest.Wait()
		for i, leave := range leaves {
			leave()
			synctest.Wait()
			if want := max(0, i-1); len(entered) != want && i < 3 {
				t.Errorf("after %d left, %d entered, want %d", i+1, len(entered), want)
			}
		}
		(<-entered)()
		(<-entered)()
	})
}

// limited is a heketi that does a number of operations at a time and refuses
// others, as the real one does.
type limited struct {
	mu              sync.Mutex
	limit           int
	now, most, told int
}

func (l *limited) setLimit(limit int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit, l.most, l.told = limit, 0, 0
}

// refuse answers with 429 if there is too much under way; otherwise it lets the
// answer begin an operation.
func (l *limited) refuse(answer answer) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		full := l.now >= l.limit
		if full {
			l.told++
		} else {
			l.now++
			l.most = max(l.most, l.now)
		}
		l.mu.Unlock()
		if full {
			busy(w, r)
			return
		}
		answer(w, r)
	}
}

func (l *limited) end(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.now--
	l.mu.Unlock()
	gone(w, r)
}

func TestTheBoundShrinksAndRecoversByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count, lasting = 60, 2 * time.Second
		l := &limited{limit: 2}
		var u underWay
		a := operations(&u, 2*count, lasting, l.end)
		for request, answers := range a {
			if request[:len("DELETE")] == "DELETE" {
				answers[0] = l.refuse(answers[0])
			}
		}
		client := playInMemory(t, a).connect(DefaultConfig())
		// Somebody else takes six of the eight places.
		begun := time.Now()
		deleteAll(t.Context(), []*Client{client}, count, func(err error) {
			if err != nil {
				t.Errorf("while others use heketi: %v", err)
			}
		})
		// Two at a time is all that heketi allows; some is lost in finding that.
		expectTook(t, begun, count/2*lasting, count/2*lasting*3/2)
		if l.most != 2 || l.told > 6*count {
			t.Errorf("got %d refusals of %d operations and %d at a time, want few refusals and 2 at a time", l.told, count, l.most)
		}
		// Now it has gone.
		l.setLimit(8)
		begun = time.Now()
		var all sync.WaitGroup
		for i := range count {
			all.Go(func() {
				if err := client.Delete(t.Context(), Ref{ID: fmt.Sprint(count + i), Name: "pvc-1", Cluster: "c1"}); err != nil {
					t.Errorf("after others have left: %v", err)
				}
			})
		}
		all.Wait()
		expectTook(t, begun, count/8*lasting, count/8*lasting*2)
		if l.most != 8 || l.told != 0 {
			t.Errorf("got %d at a time and %d refusals, want 8 and none", l.most, l.told)
		}
	})
}
