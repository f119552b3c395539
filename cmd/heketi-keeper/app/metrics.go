package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	_ "k8s.io/component-base/metrics/prometheus/restclient" // requests to the API server
	_ "k8s.io/component-base/metrics/prometheus/version"    // how it was built

	"glusterfs-provisioner/keeper"
	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
)

const namespaceOfMetrics = "heketi_keeper"

// durations are buckets in seconds, up to the bound of a save.
var durations = []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// metrics are what Prometheus sees of this process, besides what component-base tells.
type metrics struct {
	saves      *prometheus.HistogramVec
	lastSave   prometheus.Gauge
	generation prometheus.Gauge
	size       prometheus.Gauge
	pieces     prometheus.Gauge
	ready      *prometheus.GaugeVec
	devices    *prometheus.GaugeVec
	settled    *prometheus.CounterVec
	left       prometheus.Gauge
}

// newMetrics registers the metrics.
func newMetrics(registerer prometheus.Registerer, isServing func() bool) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespaceOfMetrics, Name: name, Help: help})
	}
	m := &metrics{
		saves: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespaceOfMetrics, Name: "save_duration_seconds", Buckets: durations,
			Help: "Time that saving heketi's database took, or finding that it has not changed, by outcome: ok or failed.",
		}, []string{"outcome"}),
		lastSave:   gauge("last_save_timestamp_seconds", "When heketi's database was last found to be saved as it is, in seconds since 1970."),
		generation: gauge("database_generation", "The number of the generation that is saved; it grows with each save."),
		size:       gauge("database_size_bytes", "Size of heketi's database as heketi has it."),
		pieces:     gauge("database_pieces", "Secrets that the saved database is in."),
		ready: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespaceOfMetrics, Name: "glustercluster_ready",
			Help: "1 if heketi has all nodes and disks that the GlusterCluster lists, and can use them, 0 otherwise.",
		}, []string{"glustercluster"}),
		devices: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespaceOfMetrics, Name: "glustercluster_devices",
			Help: "Disks that the GlusterCluster lists, by phase.",
		}, []string{"glustercluster", "phase"}),
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespaceOfMetrics, Name: "operations_settled_total",
			Help: "Operations that heketi was interrupted in and that were settled, by how: finished, as gluster had, or undone.",
		}, []string{"how"}),
		left: gauge("operations_left_alone", "Operations that heketi was interrupted in and that are not settled, since what gluster has of them is not certain or not understood."),
	}
	serving := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespaceOfMetrics, Name: "serving",
		Help: "1 in the process that serves heketi's API, 0 in one that waits for the Lease or starts heketi.",
	}, func() float64 {
		if isServing() {
			return 1
		}
		return 0
	})
	for _, outcome := range []string{"ok", "failed"} {
		m.saves.WithLabelValues(outcome)
	}
	for _, how := range []string{keeper.Finished, keeper.Undone} {
		m.settled.WithLabelValues(how)
	}
	registerer.MustRegister(m.saves, m.lastSave, m.generation, m.size, m.pieces, m.settled, m.left, m.ready, m.devices, serving)
	return m
}

// observeSave records a save.
func (m *metrics) observeSave(took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	} else {
		m.lastSave.SetToCurrentTime()
	}
	m.saves.WithLabelValues(outcome).Observe(took.Seconds())
}

// phases are those of a disk.
var phases = []string{
	disks.DeviceWaiting, disks.DeviceAdding, disks.DeviceRefused, disks.DeviceOnline, disks.DeviceOffline, disks.DeviceFailed,
	disks.DeviceDraining, disks.DeviceDrained,
}

// observeDisks records how the objects are that there are.
func (m *metrics) observeDisks(objects []*glustercluster.Object) {
	m.ready.Reset()
	m.devices.Reset()
	for _, object := range objects {
		ready := 0.0
		if meta.IsStatusConditionTrue(object.Status.Conditions, disks.ConditionReady) {
			ready = 1
		}
		m.ready.WithLabelValues(object.Name).Set(ready)
		for _, phase := range phases {
			m.devices.WithLabelValues(object.Name, phase)
		}
		for _, node := range object.Status.Nodes {
			for _, device := range node.Devices {
				m.devices.WithLabelValues(object.Name, device.Phase).Inc()
			}
		}
	}
}

// observeSaved records what is saved.
func (m *metrics) observeSaved(saved database.Generation) {
	m.generation.Set(float64(saved.Number))
	m.size.Set(float64(saved.Size))
	m.pieces.Set(float64(saved.Pieces))
}

// observeSettled records operations that were settled in a way.
func (m *metrics) observeSettled(how string, operations int) {
	m.settled.WithLabelValues(how).Add(float64(operations))
}

// observeLeft records how many operations are not settled.
func (m *metrics) observeLeft(operations int) { m.left.Set(float64(operations)) }
