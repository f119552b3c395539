package bench_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

var errNotYet = errors.New("not yet")

func TestUntilReturnsWhenTheConditionHolds(t *testing.T) {
	asked := 0
	err := bench.Until(t.Context(), time.Minute, func(context.Context) error {
		if asked++; asked < 3 {
			return errNotYet
		}
		return nil
	})
	if err != nil || asked != 3 {
		t.Errorf("got error %v after %d questions, want none after 3", err, asked)
	}
}

func TestUntilReturnsTheLastErrorAfterTheBound(t *testing.T) {
	start := time.Now()
	err := bench.Until(t.Context(), 50*time.Millisecond, func(ctx context.Context) error {
		// In the end, it is cut off by the bound.
		if time.Since(start) > 30*time.Millisecond {
			<-ctx.Done()
			return ctx.Err()
		}
		return errNotYet
	})
	if !errors.Is(err, errNotYet) {
		t.Errorf("got error %v, want the condition's own", err)
	}
}

func TestUntilReturnsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := bench.Until(ctx, time.Minute, func(context.Context) error {
		cancel()
		return errNotYet
	})
	if !errors.Is(err, errNotYet) {
		t.Errorf("got error %v, want the condition's own", err)
	}
}

func TestUntilDoesNotWaitAfterAFinalError(t *testing.T) {
	asked := 0
	err := bench.Until(t.Context(), time.Minute, func(context.Context) error {
		asked++
		return bench.Final(errNotYet)
	})
	if !errors.Is(err, errNotYet) || asked != 1 {
		t.Errorf("got error %v after %d questions, want the condition's own after 1", err, asked)
	}
}

// fatalRecorder is a test that takes note of its failure.
type fatalRecorder struct {
	testing.TB
	failure strings.Builder
}

func (r *fatalRecorder) Fatalf(format string, arguments ...any) {
	for _, argument := range arguments {
		if err, ok := argument.(error); ok {
			r.failure.WriteString(err.Error())
		}
	}
}

func TestEventuallyFailsTheTestWithTheLastError(t *testing.T) {
	recorder := &fatalRecorder{TB: t}
	bench.Eventually(recorder, time.Millisecond, func(context.Context) error { return errNotYet })
	if failure := recorder.failure.String(); !strings.Contains(failure, errNotYet.Error()) {
		t.Errorf("the test failed with %q, want the condition's error in it", failure)
	}
}
