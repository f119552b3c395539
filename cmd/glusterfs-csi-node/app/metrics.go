package app

import (
	"context"
	"path"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	_ "k8s.io/component-base/metrics/prometheus/restclient" // requests to the API server
	_ "k8s.io/component-base/metrics/prometheus/version"    // how it was built
	"k8s.io/klog/v2"

	"glusterfs-provisioner/node"
	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/mount"
)

const namespaceOfMetrics = "glusterfs_csi_node"

// durations are buckets in seconds, up to the two minutes after which kubelet gives up.
var durations = []float64{0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120}

// metrics are what Prometheus sees of this process, besides what component-base tells.
type metrics struct {
	calls   *prometheus.HistogramVec
	mounts  *prometheus.HistogramVec
	failed  *prometheus.CounterVec
	healed  prometheus.Counter
	volumes *prometheus.GaugeVec
	// sick has those volumes that are not alive, by their names.
	sick       *prometheus.GaugeVec
	clients    prometheus.Gauge
	lastSurvey prometheus.Gauge
}

// sickTold is of how many volumes the metrics have the names.
const sickTold = 100

// newMetrics registers the metrics. Running is how many calls of the kernel run, and
// registered returns an error unless kubelet has registered the plugin.
func newMetrics(registerer prometheus.Registerer, running func() int, registered func() error) *metrics {
	m := &metrics{
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespaceOfMetrics, Name: "call_duration_seconds", Buckets: durations,
			Help: "Time that calls of kubelet took, by method and gRPC code.",
		}, []string{"method", "code"}),
		mounts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespaceOfMetrics, Name: "mount_duration_seconds", Buckets: durations,
			Help: "Time that mounting volumes took, by outcome: ok or failed.",
		}, []string{"outcome"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespaceOfMetrics, Name: "mount_failures_total",
			Help: "Volumes that could not be mounted, by reason: no_client, no_server, unknown_volume, option, timeout or other.",
		}, []string{"reason"}),
		healed: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespaceOfMetrics, Name: "dead_mounts_healed_total",
			Help: "Volumes whose client was gone and that were mounted again.",
		}),
		volumes: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespaceOfMetrics, Name: "staged_volumes",
			Help: "Volumes that are mounted on the node, by how they do: alive, dead, unreachable, silent or failing.",
		}, []string{"health"}),
		sick: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespaceOfMetrics, Name: "sick_volume",
			Help: "1 for each volume that is mounted on the node and not alive, by GlusterFS' name, its PersistentVolume while a pod has it, and how it does.",
		}, []string{"volume", "persistentvolume", "health"}),
		clients: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespaceOfMetrics, Name: "clients_without_mount",
			Help: "GlusterFS clients that go on though their volumes are unmounted.",
		}),
		lastSurvey: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespaceOfMetrics, Name: "last_survey_timestamp_seconds",
			Help: "When all mounts and clients were last looked at, in seconds since 1970.",
		}),
	}
	calls := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespaceOfMetrics, Name: "system_calls_running",
		Help: "Calls of the kernel that run, also those that hang and that nobody waits for any more.",
	}, func() float64 { return float64(running()) })
	for _, outcome := range []string{"ok", "failed"} {
		m.mounts.WithLabelValues(outcome)
	}
	for _, cause := range client.Causes {
		m.failed.WithLabelValues(string(cause))
	}
	isRegistered := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespaceOfMetrics, Name: "registered",
		Help: "1 if kubelet has registered the plugin, 0 if not.",
	}, func() float64 {
		if registered() != nil {
			return 0
		}
		return 1
	})
	registerer.MustRegister(m.calls, m.mounts, m.failed, m.healed, m.volumes, m.sick, m.clients, m.lastSurvey, calls, isRegistered)
	return m
}

// observeCall records a call of kubelet.
func (m *metrics) observeCall(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	start := time.Now()
	response, err := handle(ctx, request)
	m.calls.WithLabelValues(path.Base(info.FullMethod), status.Code(err).String()).Observe(time.Since(start).Seconds())
	return response, err
}

// observeMount records that a volume was mounted, or could not be.
func (m *metrics) observeMount(took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
		m.failed.WithLabelValues(string(client.CauseOf(err))).Inc()
	}
	m.mounts.WithLabelValues(outcome).Observe(took.Seconds())
}

// survey records how the staged volumes do, and how many clients have none.
func (m *metrics) survey(ctx context.Context, service *node.Service) {
	volumes, err := service.Survey(ctx)
	if err != nil {
		klog.ErrorS(err, "Cannot ask all mounts how they do")
	}
	if volumes != nil {
		m.observeVolumes(volumes)
	}
	clients, clientsErr := service.Leftovers.Survey(ctx)
	if clientsErr != nil {
		klog.ErrorS(clientsErr, "Cannot look after all clients of unmounted volumes")
	} else {
		m.clients.Set(float64(clients))
	}
	if err == nil && clientsErr == nil {
		m.lastSurvey.SetToCurrentTime()
	}
}

func (m *metrics) observeVolumes(volumes []node.Volume) {
	count := map[mount.Health]int{}
	m.sick.Reset()
	told := 0
	for _, volume := range volumes {
		health := volume.Condition.Health
		count[health]++
		if health != mount.Alive && told < sickTold {
			m.sick.WithLabelValues(volume.Name, volume.PersistentVolume, string(health)).Set(1)
			told++
		}
	}
	for _, health := range mount.Healths {
		m.volumes.WithLabelValues(string(health)).Set(float64(count[health]))
	}
}
