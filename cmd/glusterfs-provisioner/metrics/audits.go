package metrics

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/census"
)

// audits are what the audits of the leader have found.
type audits struct {
	findings, orphanBytes figure
	lastComplete, took    figure
	deleted               *prometheus.CounterVec

	mu sync.Mutex
	// found is of the last audit that could ask the heketi, by the heketi's URL.
	found map[string]found
	// complete is when an audit last asked every heketi; zero if none did. length is how long
	// the last audit took.
	complete time.Time
	length   time.Duration
}

// found is what an audit found of one heketi.
type found struct {
	findings    map[audit.Kind]int
	orphanBytes int64
}

func newAudits() audits {
	return audits{
		findings:     newFigure("audit_findings", "What the last audit found that could ask the heketi, by kind and heketi, which is empty for a PersistentVolume that names none.", "kind", labelHeketi),
		orphanBytes:  newFigure("audit_orphan_bytes", "Size of the orphans that the last audit found, by heketi.", labelHeketi),
		lastComplete: newFigure("audit_last_complete_timestamp_seconds", "When the leader last audited with every heketi asked, as a Unix time; 0 if never."),
		took:         newFigure("audit_duration_seconds", "How long the last audit took; 0 if there was none."),
		deleted:      newCounter("orphans_deleted_total", "Orphans that the leader has deleted, by heketi.", labelHeketi),
		found:        map[string]found{},
	}
}

func (a *audits) describe(to chan<- *prometheus.Desc) {
	describeAll(to, a.deleted)
	describeFigures(to, a.findings, a.orphanBytes, a.lastComplete, a.took)
}

func (a *audits) follow(counted census.Census) {
	keepOnly(labelHeketi, counted.Heketis.Has, a.deleted)
	a.mu.Lock()
	defer a.mu.Unlock()
	for url := range a.found {
		if url != "" && !counted.Heketis.Has(url) {
			delete(a.found, url)
		}
	}
	for url := range counted.Heketis {
		a.deleted.WithLabelValues(url)
		if _, audited := a.found[url]; !audited {
			a.found[url] = found{}
		}
	}
}

func (a *audits) collect(to chan<- prometheus.Metric, _ *provisioner.Provisioner, _ census.Census, _ time.Time) {
	collectAll(to, a.deleted)
	a.mu.Lock()
	defer a.mu.Unlock()
	for url, found := range a.found {
		for _, kind := range audit.Kinds() {
			a.findings.send(to, float64(found.findings[kind]), string(kind), url)
		}
		a.orphanBytes.send(to, float64(found.orphanBytes), url)
	}
	a.lastComplete.sendTime(to, a.complete)
	a.took.send(to, a.length.Seconds())
}

const bytesPerGiB = 1 << 30

// Audited records what an audit has found, when it has ended, and how long it took.
func (m *Metrics) Audited(report audit.Report, ended time.Time, took time.Duration) {
	a := &m.audits
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.found, "")
	maps.Copy(a.found, foundIn(report))
	if a.length = took; report.Complete() {
		a.complete = ended
	}
}

// foundIn returns what was found of each heketi that could be asked, and of each other that has
// findings all the same.
func foundIn(report audit.Report) map[string]found {
	by := map[string]found{}
	for _, heketi := range report.Heketis {
		if heketi.Failure == "" {
			by[heketi.URL] = found{findings: map[audit.Kind]int{}}
		}
	}
	for _, finding := range report.Findings {
		of, known := by[finding.Heketi]
		if !known {
			of.findings = map[audit.Kind]int{}
		}
		of.findings[finding.Kind]++
		if finding.Kind == audit.Orphan {
			of.orphanBytes += int64(finding.SizeGiB) * bytesPerGiB
		}
		by[finding.Heketi] = of
	}
	return by
}

// OrphansDeleted counts orphans that were deleted.
func (m *Metrics) OrphansDeleted(orphans []audit.Finding) {
	for _, orphan := range orphans {
		m.audits.deleted.WithLabelValues(orphan.Heketi).Inc()
	}
}
