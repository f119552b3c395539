package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/census"
	"glusterfs-provisioner/provisioner/endpoints"
)

// hosts tell of what lists storage hosts.
type hosts struct {
	repairs *prometheus.CounterVec
	unread  prometheus.Gauge
}

func newHosts() hosts {
	h := hosts{
		repairs: newCounter("endpoints_repairs_total", "Services and Endpoints of volumes, and ConfigMaps of their clusters, that were made right again, by reason: missing, changed, or followed for storage hosts that have changed in heketi.", "reason"),
		unread: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "storage_hosts_unread_clusters",
			Help: "Clusters of heketi whose storage hosts could not be read when last asked for; what lists them stays as it is.",
		}),
	}
	for _, reason := range endpoints.Reasons() {
		h.repairs.WithLabelValues(string(reason))
	}
	return h
}

func (h *hosts) describe(to chan<- *prometheus.Desc) { describeAll(to, h.repairs, h.unread) }

func (*hosts) follow(census.Census) {}

func (h *hosts) collect(to chan<- prometheus.Metric, _ *provisioner.Provisioner, _ census.Census, _ time.Time) {
	collectAll(to, h.repairs, h.unread)
}

// EndpointsRepaired records that what lists storage hosts was made right again.
func (m *Metrics) EndpointsRepaired(reason endpoints.Reason) {
	m.hosts.repairs.WithLabelValues(string(reason)).Inc()
}

// StorageHostsUnread records how many clusters' storage hosts could not be read.
func (m *Metrics) StorageHostsUnread(clusters int) { m.hosts.unread.Set(float64(clusters)) }
