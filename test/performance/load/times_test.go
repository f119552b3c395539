package load

import (
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	begin := time.Unix(0, 0)
	var times Times
	// From 1 s to 100 s, begun one after the other, the longest first.
	for i := range 100 {
		begun := begin.Add(time.Duration(i) * time.Second)
		times.Add(begun, begun.Add(time.Duration(100-i)*time.Second))
	}
	if got, want := times.Took(), 100*time.Second; got != want {
		t.Errorf("it took %v, want %v", got, want)
	}
	if got := times.Rate(); got != 1 {
		t.Errorf("got %v per second, want 1", got)
	}
	for share, want := range map[float64]time.Duration{0: time.Second, 0.5: 50 * time.Second, 0.99: 99 * time.Second, 1: 100 * time.Second} {
		if got := times.Quantile(share); got != want {
			t.Errorf("quantile %v is %v, want %v", share, got, want)
		}
	}
}

func TestNoTimes(t *testing.T) {
	var none Times
	if none.Took() != 0 || none.Rate() != 0 || none.Quantile(0.5) != 0 {
		t.Errorf("got %v, %v, %v, want zeros", none.Took(), none.Rate(), none.Quantile(0.5))
	}
}
