package load

import (
	"math"
	"slices"
	"time"
)

// Times are when each of some things began and ended.
type Times struct {
	Begun, Ended []time.Time
}

// Add adds one.
func (t *Times) Add(begun, ended time.Time) {
	t.Begun = append(t.Begun, begun)
	t.Ended = append(t.Ended, ended)
}

// Took returns the time from the first beginning to the last end.
func (t Times) Took() time.Duration {
	if len(t.Begun) == 0 {
		return 0
	}
	return slices.MaxFunc(t.Ended, time.Time.Compare).Sub(slices.MinFunc(t.Begun, time.Time.Compare))
}

// Rate returns how many ended per second.
func (t Times) Rate() float64 {
	if len(t.Begun) == 0 {
		return 0
	}
	return float64(len(t.Begun)) / t.Took().Seconds()
}

// Quantile returns the duration that the given share of them, from 0 to 1, did
// not exceed.
func (t Times) Quantile(share float64) time.Duration {
	if len(t.Begun) == 0 {
		return 0
	}
	durations := make([]time.Duration, len(t.Begun))
	for i := range t.Begun {
		durations[i] = t.Ended[i].Sub(t.Begun[i])
	}
	slices.Sort(durations)
	return durations[max(0, int(math.Ceil(share*float64(len(durations))))-1)]
}
