package app

import (
	"testing"
	"time"
)

// TestRetriesAreScattered looks at the pauses of many that fail together.
func TestRetriesAreScattered(t *testing.T) {
	options := NewOptions()
	options.RetryIntervalStart, options.RetryIntervalMax = time.Second, 4*time.Second
	limiter := retry(options)
	for _, most := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
		shortest, longest := most, time.Duration(0)
		for claim := range 1000 {
			pause := limiter.When(claim)
			shortest, longest = min(shortest, pause), max(longest, pause)
		}
		if longest > most || shortest < most*4/5 || longest-shortest < most/10 {
			t.Errorf("the pauses are from %v to %v, want them all over the last fifth of %v", shortest, longest, most)
		}
	}
}
