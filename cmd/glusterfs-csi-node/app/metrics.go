package app

import (
	"context"
	"path"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"k8s.io/component-base/metrics/legacyregistry"
	_ "k8s.io/component-base/metrics/prometheus/restclient" // requests to the API server
	"k8s.io/klog/v2"

	"glusterfs-provisioner/node"
)

const namespaceOfMetrics = "glusterfs_csi_node"

// durations are buckets in seconds, up to the two minutes after which kubelet gives up.
var durations = []float64{0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120}

// metrics are what Prometheus sees of this process, besides what component-base tells.
type metrics struct {
	calls   *prometheus.HistogramVec
	mounts  *prometheus.HistogramVec
	healed  prometheus.Counter
	volumes *prometheus.GaugeVec
}

// newMetrics registers the metrics with component-base's registry.
func newMetrics(places *places) *metrics {
	m := &metrics{
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespaceOfMetrics, Name: "call_duration_seconds", Buckets: durations,
			Help: "Time that calls of kubelet took, by method and gRPC code.",
		}, []string{"method", "code"}),
		mounts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespaceOfMetrics, Name: "mount_duration_seconds", Buckets: durations,
			Help: "Time that mounting volumes took, by outcome: ok or failed.",
		}, []string{"outcome"}),
		healed: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespaceOfMetrics, Name: "dead_mounts_healed_total",
			Help: "Volumes whose client was gone and that were mounted again.",
		}),
		volumes: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespaceOfMetrics, Name: "staged_volumes",
			Help: "Volumes that are mounted on the node, by how they do: alive, dead, unreachable or silent.",
		}, []string{"health"}),
	}
	running := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespaceOfMetrics, Name: "system_calls_running",
		Help: "Calls of the kernel that run, also those that hang and that nobody waits for any more.",
	}, func() float64 { return float64(places.running()) })
	for _, outcome := range []string{"ok", "failed"} {
		m.mounts.WithLabelValues(outcome)
	}
	legacyregistry.Registerer().MustRegister(m.calls, m.mounts, m.healed, m.volumes, running)
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
	}
	m.mounts.WithLabelValues(outcome).Observe(took.Seconds())
}

// survey records how the staged volumes do.
func (m *metrics) survey(ctx context.Context, service *node.Service) {
	volumes, err := service.Survey(ctx)
	if err != nil {
		klog.ErrorS(err, "Cannot ask all mounts how they do")
		return
	}
	for health, count := range volumes {
		m.volumes.WithLabelValues(string(health)).Set(float64(count))
	}
}
