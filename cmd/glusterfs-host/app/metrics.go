package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	_ "k8s.io/component-base/metrics/prometheus/version" // how it was built

	"glusterfs-provisioner/host"
)

// registerMetrics registers what Prometheus sees of the host: what was last found of it.
func registerMetrics(registerer prometheus.Registerer, latest func() (*host.State, time.Time)) {
	registerer.MustRegister(collector{latest})
}

const namespaceOfMetrics = "glusterfs_host_"

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespaceOfMetrics+name, help, labels, nil)
}

var (
	glusterdUp       = describe("glusterd_up", "1 if glusterd answers, 0 if not.")
	glusterdRestarts = describe("glusterd_restarts_total", "How often glusterd has died and was started again.")
	bricksByState    = describe("bricks", "Bricks that gluster has on this host: running, stopped with their volume, down, or not_mounted.", "state")
	lastSurvey       = describe("last_survey_timestamp_seconds", "When glusterd and the bricks were last looked at, in seconds since 1970; 0 if never.")
)

// collector tells what was last found.
type collector struct {
	latest func() (*host.State, time.Time)
}

// Describe is for the registry.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{glusterdUp, glusterdRestarts, bricksByState, lastSurvey} {
		to <- description
	}
}

// Collect is for the registry.
func (c collector) Collect(to chan<- prometheus.Metric) {
	state, at := c.latest()
	up, restarts, seconds := 0.0, 0.0, 0.0
	counts := map[string]int{"running": 0, "stopped": 0, "down": 0, "not_mounted": 0}
	if state != nil {
		restarts, seconds = float64(state.Restarts), float64(at.UnixNano())/float64(time.Second)
		if state.Glusterd == nil {
			up = 1
		}
		for _, brick := range state.Bricks {
			counts[stateOf(brick)]++
		}
	}
	to <- prometheus.MustNewConstMetric(glusterdUp, prometheus.GaugeValue, up)
	to <- prometheus.MustNewConstMetric(glusterdRestarts, prometheus.CounterValue, restarts)
	to <- prometheus.MustNewConstMetric(lastSurvey, prometheus.GaugeValue, seconds)
	for state, count := range counts {
		to <- prometheus.MustNewConstMetric(bricksByState, prometheus.GaugeValue, float64(count), state)
	}
}

func stateOf(brick host.BrickState) string {
	switch {
	case !brick.Mounted:
		return "not_mounted"
	case brick.Running:
		return "running"
	case brick.Started:
		return "down"
	}
	return "stopped"
}
