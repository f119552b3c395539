package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/census"
)

const namespace = "glusterfs_provisioner"

// The labels that several metrics have.
const (
	labelClass   = "class"
	labelHeketi  = "heketi"
	labelOutcome = "outcome"
)

// durations are buckets in seconds, from a heketi with nothing to do up to one that is
// overloaded.
var durations = []float64{0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}

// Metrics are a collector of all that the leader knows. They are told of what happens by the
// provisioner and by what asks heketis, as their observer.
type Metrics struct {
	leader func() *provisioner.Provisioner

	library libraryMetrics
	tries   tries
	state   state
	heketis heketis
	hosts   hosts
	audits  audits

	// collecting has one scrape at a time prune and fill in series.
	collecting sync.Mutex
}

// New returns metrics of a process. The function returns its provisioner while the process
// leads, and otherwise nil.
func New(leader func() *provisioner.Provisioner) *Metrics {
	return &Metrics{
		leader:  leader,
		library: newLibraryMetrics(),
		tries:   newTries(),
		state:   newState(),
		heketis: newHeketis(),
		hosts:   newHosts(),
		audits:  newAudits(),
	}
}

// group is the metrics of one concern.
type group interface {
	// describe describes all of them.
	describe(chan<- *prometheus.Desc)
	// follow fills in the series of what there is and drops those of what has gone.
	follow(census.Census)
	// collect sends what there is.
	collect(chan<- prometheus.Metric, *provisioner.Provisioner, census.Census, time.Time)
}

func (m *Metrics) groups() []group {
	return []group{&m.library, &m.tries, &m.state, &m.heketis, &m.hosts, &m.audits}
}

// Describe makes the metrics a collector.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, group := range m.groups() {
		group.describe(to)
	}
}

// Collect sends nothing while another process leads.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	p := m.leader()
	if p == nil {
		return
	}
	m.collecting.Lock()
	defer m.collecting.Unlock()
	now := time.Now()
	counted, err := p.Census.Take(now)
	if err != nil {
		klog.ErrorS(err, "The metrics have no values")
		return
	}
	for _, group := range m.groups() {
		group.follow(counted)
		group.collect(to, p, counted, now)
	}
}

// figure is a gauge whose value is looked up when it is asked for.
type figure struct{ description *prometheus.Desc }

func newFigure(name, help string, labels ...string) figure {
	return figure{prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)}
}

func (f figure) send(to chan<- prometheus.Metric, value float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(f.description, prometheus.GaugeValue, value, labels...)
}

// sendAge sends how many seconds ago something was; 0 if it was not.
func (f figure) sendAge(to chan<- prometheus.Metric, since, now time.Time, labels ...string) {
	if since.IsZero() {
		f.send(to, 0, labels...)
		return
	}
	f.send(to, max(0, now.Sub(since).Seconds()), labels...)
}

// sendTime sends a point in time as Unix time; 0 if it has not come.
func (f figure) sendTime(to chan<- prometheus.Metric, at time.Time, labels ...string) {
	if at.IsZero() {
		f.send(to, 0, labels...)
		return
	}
	f.send(to, float64(at.UnixMilli())/1000, labels...)
}

func newCounter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func newHistogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
}
