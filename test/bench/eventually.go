package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const pollInterval = 25 * time.Millisecond

// TB is the part of testing.TB that Eventually needs.
type TB interface {
	Context() context.Context
	Helper()
	Fatalf(format string, arguments ...any)
}

// Eventually waits until the condition returns nil. It fails the test with the
// condition's last error when it does not within the bound, or at once when the
// condition returns a Final error.
func Eventually(t TB, bound time.Duration, condition func(context.Context) error) {
	t.Helper()
	if err := Until(t.Context(), bound, condition); err != nil {
		t.Fatalf("%v", err)
	}
}

// Until waits until the condition returns nil. It returns the condition's last
// error when it does not within the bound, or at once when the condition returns
// a Final error. The condition must heed its context, which ends with the bound.
func Until(ctx context.Context, bound time.Duration, condition func(context.Context) error) error {
	return UntilEvery(ctx, pollInterval, bound, condition)
}

// UntilEvery is Until for a condition that is dear to ask for: it is asked for once
// in each interval.
func UntilEvery(ctx context.Context, interval, bound time.Duration, condition func(context.Context) error) error {
	start := time.Now()
	var last error
	err := wait.PollUntilContextTimeout(ctx, interval, bound, true, func(ctx context.Context) (bool, error) {
		err := condition(ctx)
		if _, final := errors.AsType[finalError](err); final {
			return false, err
		}
		// That a call was cut off by the bound says less than why the call
		// before it failed. client-go's rate limiter does not even begin one
		// that it would have to hold up for too long.
		cutOff := ctx.Err() != nil || err != nil && strings.Contains(err.Error(), "would exceed context deadline")
		if last == nil || !cutOff {
			last = err
		}
		return err == nil, nil
	})
	if last == nil || err == nil || !wait.Interrupted(err) {
		return err
	}
	return fmt.Errorf("given up after %s: %w", time.Since(start).Round(time.Millisecond), last)
}

// Final marks an error that waiting does not mend.
func Final(err error) error {
	return finalError{err}
}

type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }
