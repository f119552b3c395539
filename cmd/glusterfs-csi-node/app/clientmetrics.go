package app

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/servers"
)

// noClient is the version of a node without a client.
const noClient = "none"

// clientInfo has the version of the GlusterFS client, as it is when it is asked for: the
// package of the node's client may be replaced meanwhile.
type clientInfo struct {
	version     func(context.Context) (client.Version, error)
	description *prometheus.Desc
}

func newClientInfo(version func(context.Context) (client.Version, error)) *clientInfo {
	return &clientInfo{version: version, description: prometheus.NewDesc(
		prometheus.BuildFQName(namespaceOfMetrics, "client", "info"),
		"The GlusterFS client that volumes are mounted with; the version is none if there is no client.", []string{"version"}, nil,
	)}
}

// Describe and Collect make it a collector.
func (c *clientInfo) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- c.description }

// Collect has no value while the version cannot be told.
func (c *clientInfo) Collect(values chan<- prometheus.Metric) {
	version, err := c.version(context.Background())
	switch {
	case errors.Is(err, client.ErrNotInstalled):
		version = noClient
	case err != nil:
		klog.ErrorS(err, "The metric of the client has no value")
		return
	}
	values <- prometheus.MustNewConstMetric(c.description, prometheus.GaugeValue, 1, string(version))
}

// The values of the label from: where servers were read.
const (
	fromCluster = "cluster"
	fromVolume  = "persistentvolume"
)

// newServersRead counts where the servers of volumes were read.
func newServersRead() *prometheus.CounterVec {
	read := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespaceOfMetrics, Name: "servers_read_total",
		Help: "Volumes that were to be mounted, by where their servers were read: cluster for those that the cluster has at present, " +
			"persistentvolume for those that were recorded when the volume was made, because the present ones cannot be read.",
	}, []string{"from"})
	for _, from := range []string{fromCluster, fromVolume} {
		read.WithLabelValues(from)
	}
	return read
}

// registerClientMetrics registers the metrics of a client with component-base's registry, and
// returns what is to be told of servers.
func registerClientMetrics(mounter *client.Client) (found func(servers.Found)) {
	read := newServersRead()
	legacyregistry.Registerer().MustRegister(newClientInfo(mounter.Version), read)
	return func(f servers.Found) {
		from := fromCluster
		if f.Unknown != nil {
			from = fromVolume
		}
		read.WithLabelValues(from).Inc()
	}
}
