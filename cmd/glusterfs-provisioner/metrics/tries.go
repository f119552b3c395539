package metrics

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/census"
)

// waits are buckets in seconds of how long claims wait, which may be until somebody mends
// something.
var waits = append(slices.Clone(durations), 1800, 3600)

// tries are what became of claims, deletions and expansions.
type tries struct {
	claims, deletions, expansions *prometheus.CounterVec
	bind                          *prometheus.HistogramVec
}

func newTries() tries {
	return tries{
		claims:     newCounter("claim_attempts_total", "Tries to make the volume of a claim, by class and outcome.", labelClass, labelOutcome),
		deletions:  newCounter("deletion_attempts_total", "Tries to delete the volume of a PersistentVolume, by class, which is empty if it is gone, and outcome.", labelClass, labelOutcome),
		expansions: newCounter("expansion_attempts_total", "Tries to grow the volume of a claim, by class, which is empty if it is gone, and outcome.", labelClass, labelOutcome),
		bind:       newHistogram("claim_bind_duration_seconds", "Time from a claim's creation, or from when its pod was given a node if it waits for that, to its saved PersistentVolume, by class.", waits, labelClass),
	}
}

func (t *tries) vectors() []prometheus.Collector {
	return []prometheus.Collector{t.claims, t.deletions, t.expansions, t.bind}
}

func (t *tries) describe(to chan<- *prometheus.Desc) { describeAll(to, t.vectors()...) }

func (t *tries) follow(counted census.Census) {
	exists := func(class string) bool { return class == "" || counted.Classes[class] != nil }
	keepOnly(labelClass, exists, t.claims, t.deletions, t.expansions, t.bind)
	for class := range counted.Classes {
		for _, outcome := range outcomes {
			t.deletions.WithLabelValues(class, outcome)
			if class != "" { // nothing is made or grown without one
				t.claims.WithLabelValues(class, outcome)
				t.expansions.WithLabelValues(class, outcome)
			}
		}
		if class != "" {
			t.bind.WithLabelValues(class)
		}
	}
}

func (t *tries) collect(to chan<- prometheus.Metric, _ *provisioner.Provisioner, _ census.Census, _ time.Time) {
	collectAll(to, t.vectors()...)
}

// ClaimTried counts a try to make a claim's volume.
func (m *Metrics) ClaimTried(class string, err error) {
	m.tries.claims.WithLabelValues(class, outcomeOf(err)).Inc()
}

// DeletionTried counts a try to delete a volume.
func (m *Metrics) DeletionTried(class string, err error) {
	m.tries.deletions.WithLabelValues(class, outcomeOf(err)).Inc()
}

// ExpansionTried counts a try to grow a volume.
func (m *Metrics) ExpansionTried(class string, err error) {
	m.tries.expansions.WithLabelValues(class, outcomeOf(err)).Inc()
}

// VolumeSaved records for how long a claim has waited for its PersistentVolume.
func (m *Metrics) VolumeSaved(class string, waited time.Duration) {
	m.tries.bind.WithLabelValues(class).Observe(waited.Seconds())
}
