package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	library "sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller/metrics"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/census"
)

// libraryMetrics are the library's, which it counts itself.
type libraryMetrics struct{ library.Metrics }

// newLibraryMetrics returns them with other buckets: the library's end at 10 s, and real
// volumes take longer.
func newLibraryMetrics() libraryMetrics {
	m := libraryMetrics{library.New(library.ControllerSubsystem)}
	m.PersistentVolumeClaimProvisionDurationSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Subsystem: library.ControllerSubsystem, Name: "persistentvolumeclaim_provision_duration_seconds", Buckets: durations,
		Help: "Time that successful provisioning took, by class and source.",
	}, []string{labelClass, "source"})
	m.PersistentVolumeDeleteDurationSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Subsystem: library.ControllerSubsystem, Name: "persistentvolume_delete_duration_seconds", Buckets: durations,
		Help: "Time that successful deletions took, by class.",
	}, []string{labelClass})
	return m
}

func (m *libraryMetrics) vectors() []prometheus.Collector {
	return []prometheus.Collector{
		m.PersistentVolumeClaimProvisionTotal, m.PersistentVolumeClaimProvisionFailedTotal, m.PersistentVolumeClaimProvisionDurationSeconds,
		m.PersistentVolumeDeleteTotal, m.PersistentVolumeDeleteFailedTotal, m.PersistentVolumeDeleteDurationSeconds,
	}
}

func (m *libraryMetrics) describe(to chan<- *prometheus.Desc) { describeAll(to, m.vectors()...) }

// follow drops the series of classes that have gone.
func (m *libraryMetrics) follow(counted census.Census) {
	exists := func(class string) bool { return counted.Classes[class] != nil }
	keepOnly(labelClass, exists,
		m.PersistentVolumeClaimProvisionTotal, m.PersistentVolumeClaimProvisionFailedTotal, m.PersistentVolumeClaimProvisionDurationSeconds,
		m.PersistentVolumeDeleteTotal, m.PersistentVolumeDeleteFailedTotal, m.PersistentVolumeDeleteDurationSeconds)
}

func (m *libraryMetrics) collect(to chan<- prometheus.Metric, _ *provisioner.Provisioner, _ census.Census, _ time.Time) {
	collectAll(to, m.vectors()...)
}

// Library returns what the library counts with.
func (m *Metrics) Library() library.Metrics { return m.library.Metrics }
