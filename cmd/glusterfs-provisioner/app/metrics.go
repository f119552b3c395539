package app

import (
	"github.com/prometheus/client_golang/prometheus"
	_ "k8s.io/component-base/metrics/prometheus/clientgo/leaderelection" // whether it leads
	_ "k8s.io/component-base/metrics/prometheus/restclient"              // requests to the API server
	_ "k8s.io/component-base/metrics/prometheus/version"                 // how it was built
	_ "k8s.io/component-base/metrics/prometheus/workqueue"               // depths and delays of the queues

	"glusterfs-provisioner/cmd/glusterfs-provisioner/metrics"
)

// registerMetrics returns the metrics of a process, registered with what is scraped.
func registerMetrics(registerer prometheus.Registerer, state *state) *metrics.Metrics {
	all := metrics.New(state.leader)
	registerer.MustRegister(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "glusterfs_provisioner", Name: "leader",
		Help: "1 in the process that provisions, 0 in a standby.",
	}, func() float64 {
		if state.leader() == nil {
			return 0
		}
		return 1
	}))
	return all
}
