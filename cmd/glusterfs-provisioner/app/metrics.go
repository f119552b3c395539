package app

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/component-base/metrics/legacyregistry"
	_ "k8s.io/component-base/metrics/prometheus/restclient" // requests to the API server
	_ "k8s.io/component-base/metrics/prometheus/workqueue"  // depths and delays of the queues
	library "sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller/metrics"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/heketi"
)

const namespace = "glusterfs_provisioner"

// durations are buckets in seconds, from a heketi with nothing to do up to one that is
// overloaded. The library's own end at 10 s, and real volumes take longer.
var durations = []float64{0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}

// metrics are what Prometheus sees of this process, besides what client-go and
// component-base tell.
type metrics struct {
	library library.Metrics
	heketi  *prometheus.HistogramVec
	// repairs and unread tell of what lists storage hosts.
	repairs *prometheus.CounterVec
	unread  prometheus.Gauge
	// cleanUps are heketis' clean-ups of what the provisioner left alone.
	cleanUps *prometheus.CounterVec
	// findings and lastAudit are of the last audit.
	findings  *prometheus.GaugeVec
	lastAudit prometheus.Gauge
}

// newMetrics registers the metrics with component-base's registry.
func newMetrics(state *state) *metrics {
	m := &metrics{
		library: library.New(library.ControllerSubsystem),
		heketi: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "heketi_operation_duration_seconds", Buckets: durations,
			Help: "Time that operations in heketi took, from the request to the known outcome, by heketi, operation and outcome.",
		}, []string{"heketi", "operation", "outcome"}),
		repairs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "endpoints_repairs_total",
			Help: "Services and Endpoints of volumes, and ConfigMaps of their clusters, that were made right again, by reason: missing, changed, or followed for storage hosts that have changed in heketi.",
		}, []string{"reason"}),
		unread: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "storage_hosts_unread_clusters",
			Help: "Clusters of heketi whose storage hosts could not be read when last asked for, in the leader; what lists them stays as it is.",
		}),
		cleanUps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "heketi_unasked_cleanups_total",
			Help: "Operations that a heketi was seen to clean up by itself though the provisioner leaves them alone, because gluster may have their bricks, by heketi. Files may be lost: see docs/mending.md.",
		}, []string{"heketi"}),
		findings: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "audit_findings",
			Help: "What the last audit of the leader found, by kind.",
		}, []string{"kind"}),
		lastAudit: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "audit_last_complete_timestamp_seconds",
			Help: "When the leader last audited with every heketi asked, as a Unix time; 0 if never.",
		}),
	}
	m.library.PersistentVolumeClaimProvisionDurationSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Subsystem: library.ControllerSubsystem, Name: "persistentvolumeclaim_provision_duration_seconds", Buckets: durations,
		Help: "Time that successful provisioning took, by class and source.",
	}, []string{"class", "source"})
	m.library.PersistentVolumeDeleteDurationSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Subsystem: library.ControllerSubsystem, Name: "persistentvolume_delete_duration_seconds", Buckets: durations,
		Help: "Time that successful deletions took, by class.",
	}, []string{"class"})
	for _, reason := range endpoints.Reasons() {
		m.repairs.WithLabelValues(string(reason))
	}
	legacyregistry.Registerer().MustRegister(
		m.library.PersistentVolumeClaimProvisionTotal, m.library.PersistentVolumeClaimProvisionFailedTotal, m.library.PersistentVolumeClaimProvisionDurationSeconds,
		m.library.PersistentVolumeDeleteTotal, m.library.PersistentVolumeDeleteFailedTotal, m.library.PersistentVolumeDeleteDurationSeconds,
		m.heketi, m.repairs, m.unread, m.cleanUps, m.findings, m.lastAudit,
		gauge("leader", "1 in the process that provisions, 0 in a standby.", state.leading),
		gauge("gids_taken", "GIDs held by volumes and by volumes being made, in the leader.", state.gidsTaken),
		gauge("claims_waiting_to_grow", "Claims that request more than their volumes have, in the leader.", state.waitingToGrow),
		gauge("heketi_operations_left_alone", "Operations that heketis were interrupted in and are not asked to clean up, because gluster has their bricks or that is not known, in the leader.", state.leftAlone),
		gauge("unfinished_conversions", "PersistentVolumes that are being replaced by others of the same name, in the leader.", state.converting),
		gauge("unfinished_volumes", "Volumes begun whose PersistentVolume is not known to be saved, in the leader.", state.unfinished),
	)
	legacyregistry.Registerer().MustRegister(classesValid{state})
	return m
}

func gauge(name, help string, value func() float64) prometheus.GaugeFunc {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, value)
}

// observeHeketi records an operation in a heketi.
func (m *metrics) observeHeketi(server, operation string, err error, took time.Duration) {
	m.heketi.WithLabelValues(server, operation, outcome(err)).Observe(took.Seconds())
}

// outcome is "ok", or a word for the kind of failure.
func outcome(err error) string {
	var failure *heketi.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &failure):
		return failure.Kind.Error()
	}
	return "failed"
}

// observeRepair records that what lists storage hosts was made right again.
func (m *metrics) observeRepair(reason endpoints.Reason) {
	m.repairs.WithLabelValues(string(reason)).Inc()
}

// observeUnread records how many clusters' storage hosts could not be read.
func (m *metrics) observeUnread(clusters int) { m.unread.Set(float64(clusters)) }

// observeCleanUp records that a heketi cleans up by itself what was left alone.
func (m *metrics) observeCleanUp(heketi string) { m.cleanUps.WithLabelValues(heketi).Inc() }

// observeAudit records what an audit found.
func (m *metrics) observeAudit(report audit.Report, now time.Time) {
	for _, kind := range audit.Kinds() {
		m.findings.WithLabelValues(string(kind)).Set(float64(report.Count(kind)))
	}
	if report.Complete() {
		m.lastAudit.Set(float64(now.Unix()))
	}
}
