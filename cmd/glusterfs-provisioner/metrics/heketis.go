package metrics

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/census"
	"glusterfs-provisioner/provisioner/heketi"
)

// answerTimes are buckets in seconds of single answers of heketi, most of which come at once.
var answerTimes = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// noAnswer stands for the code of a request that got no answer.
const noAnswer = "none"

// The series of heketi_requests_total and heketi_operation_duration_seconds that a heketi has
// from the beginning: those that alerts use.
var (
	usualMethods    = []string{http.MethodGet, http.MethodPost, http.MethodDelete}
	usualCodes      = []string{"200", "202", "401", "403", "429", "500", noAnswer}
	usualOperations = []string{"create", "expand", "delete"}
)

// heketis are how the heketis do, and what is asked of them.
type heketis struct {
	operations, times          *prometheus.HistogramVec
	requests, busy, cleanUps   *prometheus.CounterVec
	up, lastAnswer             figure
	clockSkew, certificateEnds figure
	inFlight, waiting, allowed figure
	leftAlone                  figure
}

func newHeketis() heketis {
	return heketis{
		operations: newHistogram("heketi_operation_duration_seconds", "Time that operations in heketi took, from the request to the known outcome, by heketi, operation and outcome.", durations, labelHeketi, "operation", labelOutcome),
		times:      newHistogram("heketi_request_duration_seconds", "Time from an HTTP request to heketi to the beginning of its answer, by heketi and method.", answerTimes, labelHeketi, "method"),
		requests:   newCounter("heketi_requests_total", "HTTP requests to heketi, by heketi, method and the status of the answer, which is none if none came.", labelHeketi, "method", "code"),
		busy:       newCounter("heketi_busy_total", "Answers of heketi that it has too many operations under way (429), by heketi.", labelHeketi),
		cleanUps:   newCounter("heketi_unasked_cleanups_total", "Operations that a heketi was seen to clean up by itself though the provisioner leaves them alone, because gluster may have their bricks, by heketi. Files may be lost: see docs/mending.md.", labelHeketi),

		up:              newFigure("heketi_up", "1 if heketi answered the last request, 0 if not, by heketi. Each is asked at least every 30 s.", labelHeketi),
		lastAnswer:      newFigure("heketi_last_answer_timestamp_seconds", "When heketi answered last, as a Unix time; 0 if never, by heketi.", labelHeketi),
		clockSkew:       newFigure("heketi_clock_skew_seconds", "How much the clock of heketi is ahead of the provisioner's, to within a second, by heketi. heketi refuses requests from 300 s on, or from -120 s.", labelHeketi),
		certificateEnds: newFigure("heketi_certificate_expiry_timestamp_seconds", "When the first of the certificates ends that heketi shows, as a Unix time, by heketi; absent without TLS.", labelHeketi),
		inFlight:        newFigure("heketi_operations_in_flight", "Operations of the provisioner under way in heketi, by heketi.", labelHeketi),
		waiting:         newFigure("heketi_operations_waiting", "Operations of the provisioner that wait for their turn at heketi, by heketi.", labelHeketi),
		allowed:         newFigure("heketi_operations_allowed", "How many operations the provisioner has under way in heketi at most, which follows what heketi takes, by heketi.", labelHeketi),
		leftAlone:       newFigure("heketi_operations_left_alone", "Operations that heketis were interrupted in and are not asked to clean up, because gluster has their bricks or that is not known."),
	}
}

func (h *heketis) vectors() []prometheus.Collector {
	return []prometheus.Collector{h.operations, h.times, h.requests, h.busy, h.cleanUps}
}

func (h *heketis) describe(to chan<- *prometheus.Desc) {
	describeAll(to, h.vectors()...)
	describeFigures(to, h.up, h.lastAnswer, h.clockSkew, h.certificateEnds, h.inFlight, h.waiting, h.allowed, h.leftAlone)
}

func (h *heketis) follow(counted census.Census) {
	keepOnly(labelHeketi, counted.Heketis.Has, h.operations, h.times, h.requests, h.busy, h.cleanUps)
	for url := range counted.Heketis {
		h.busy.WithLabelValues(url)
		h.cleanUps.WithLabelValues(url)
		for _, operation := range usualOperations {
			h.operations.WithLabelValues(url, operation, ok)
		}
		for _, method := range usualMethods {
			h.times.WithLabelValues(url, method)
			for _, code := range usualCodes {
				h.requests.WithLabelValues(url, method, code)
			}
		}
	}
}

func (h *heketis) collect(to chan<- prometheus.Metric, p *provisioner.Provisioner, counted census.Census, _ time.Time) {
	collectAll(to, h.vectors()...)
	h.leftAlone.send(to, float64(p.Heketi.LeftAlone()))
	for _, is := range p.Heketi.Conditions() {
		if counted.Heketis.Has(is.Heketi) {
			h.collectOne(to, is)
		}
	}
}

func (h *heketis) collectOne(to chan<- prometheus.Metric, is heketi.Condition) {
	url := is.Heketi
	h.inFlight.send(to, float64(is.InFlight), url)
	h.waiting.send(to, float64(is.Waiting), url)
	h.allowed.send(to, float64(is.Allowed), url)
	if is.Asked.IsZero() {
		return
	}
	up := 0.0
	if is.Answers {
		up = 1
	}
	h.up.send(to, up, url)
	h.lastAnswer.sendTime(to, is.Answered, url)
	if is.ClockRead {
		h.clockSkew.send(to, is.ClockAhead.Seconds(), url)
	}
	if !is.CertificateEnds.IsZero() {
		h.certificateEnds.sendTime(to, is.CertificateEnds, url)
	}
}

// OperationEnded records an operation in a heketi. Its outcome is "ok", or a word for the kind
// of failure.
func (m *Metrics) OperationEnded(server, operation string, err error, took time.Duration) {
	outcome := ok
	if err != nil {
		outcome = failed
		if failure, of := errors.AsType[*heketi.Error](err); of {
			outcome = failure.Kind.Error()
		}
	}
	m.heketis.operations.WithLabelValues(server, operation, outcome).Observe(took.Seconds())
}

// RequestEnded records an HTTP request to a heketi.
func (m *Metrics) RequestEnded(server, method string, status int, took time.Duration) {
	code := noAnswer
	if status > 0 {
		code = strconv.Itoa(status)
	}
	m.heketis.requests.WithLabelValues(server, method, code).Inc()
	m.heketis.times.WithLabelValues(server, method).Observe(took.Seconds())
	if status == http.StatusTooManyRequests {
		m.heketis.busy.WithLabelValues(server).Inc()
	}
}

// HeketiCleanedUp records that a heketi cleans up by itself what was left alone.
func (m *Metrics) HeketiCleanedUp(server string) { m.heketis.cleanUps.WithLabelValues(server).Inc() }
