package node

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"glusterfs-provisioner/node/client"
)

// TestTurns has more volumes than may be mounted at once.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2)
		var now, most atomic.Int64
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				over, err := turns.take(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Second)
				now.Add(-1)
				over()
			})
		}
		start := time.Now()
		group.Wait()
		if took := time.Since(start); most.Load() != 2 || took != 5*time.Second {
			t.Errorf("%d at once, in %v", most.Load(), took)
		}
	})
}

// TestVolumesThatCannotBeMountedHoldUpNobody has as many as may be mounted at once hang, and then
// end: they give back one turn each, and no more.
func TestVolumesThatCannotBeMountedHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2)
		var hanging []func()
		for range 2 {
			over, err := turns.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			hanging = append(hanging, over)
		}
		start := time.Now()
		for range 2 {
			over, err := turns.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer over()
		}
		if waited := time.Since(start); waited != turnBound {
			t.Errorf("the next ones waited for %v", waited)
		}
		for _, over := range hanging {
			over()
			over()
		}
		ctx, cancel := context.WithTimeout(t.Context(), turnBound/2)
		defer cancel()
		if _, err := turns.take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a turn too many was given back: %v", err)
		}
	})
}

func TestNoLimitOfTurns(t *testing.T) {
	turns := newTurns(0)
	for range 100 {
		if _, err := turns.take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// hangingClient is a client that mounts nothing until it has to give up.
type hangingClient struct{ mounting chan struct{} }

func (c hangingClient) Mount(ctx context.Context, _ client.Request) error {
	c.mounting <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

// TestWaitingForATurnIsBounded has a volume wait while another one is being mounted.
func TestWaitingForATurnIsBounded(t *testing.T) {
	k := newKubelet(t, nil, false)
	dependencies := k.service.Dependencies
	hanging := hangingClient{mounting: make(chan struct{}, 1)}
	dependencies.Client, dependencies.Limits.Mounts, dependencies.Bounds.Mount = hanging, 1, time.Second
	k.service = New(dependencies)
	first := make(chan error, 1)
	go func() { first <- k.stage(t.Context()) }()
	<-hanging.mounting
	waiting, err := k.service.stagingOf(testHandle, k.target, k.capability(), testAttributes)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := k.service.mount(ctx, waiting); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "--max-mounts") {
		t.Errorf("error is %v", err)
	}
	if err := <-first; status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("error of the first one is %v", err)
	}
}
