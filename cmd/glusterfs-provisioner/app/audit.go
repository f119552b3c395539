package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/audit"
)

// auditBound is how long an audit may take. The clean-up after it has the same time.
const auditBound = 10 * time.Minute

// firstAuditBound is how long provisioning waits for the first audit, which finds the GIDs
// of volumes that have no PersistentVolume. It does not wait longer for a heketi that is
// slow or away.
const firstAuditBound = 10 * time.Second

// auditFromNowOn audits, at once and then every --audit-interval, until the context ends.
// After each audit it has heketis clean up what they were interrupted in. What it returns
// ends when the first audit has ended, or after firstAuditBound.
func (w *worker) auditFromNowOn(ctx context.Context) (first context.Context) {
	first, ended := context.WithTimeout(ctx, firstAuditBound)
	go w.auditPeriodically(ctx, ended)
	return first
}

// auditPeriodically calls audited after each audit.
func (w *worker) auditPeriodically(ctx context.Context, audited func()) {
	var sightings audit.Sightings
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		w.audit(ctx, &sightings)
		audited()
		w.cleanUp(ctx)
	}, w.options.AuditInterval)
}

// audit audits, tells what it found, and deletes orphans if told so.
func (w *worker) audit(ctx context.Context, sightings *audit.Sightings) {
	ctx, cancel := context.WithTimeout(ctx, auditBound)
	defer cancel()
	start := time.Now()
	report, err := w.provisioner.Auditor.Audit(ctx, scopeOf(w.options.AuditGluster))
	if err != nil {
		klog.ErrorS(err, "Cannot audit; will try again", "interval", w.options.AuditInterval)
		return
	}
	// It has read all volumes and claims, and will not do so again soon.
	debug.FreeOSMemory()
	w.metrics.Audited(report, time.Now(), time.Since(start))
	w.provisioner.Auditor.Report(report)
	logReport(report)
	if sightings.Note(report, time.Now()); w.options.OrphanPolicy == orphansDelete {
		w.removeOrphans(ctx, sightings.OlderThan(w.options.OrphanMinAge, time.Now()))
	}
}

// cleanUp has heketis clean up what they were interrupted in, if gluster has nothing of
// it.
func (w *worker) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, auditBound)
	defer cancel()
	if err := w.provisioner.Interrupted.CleanUp(ctx); err != nil {
		klog.ErrorS(err, "Cannot have heketis clean up all that they were interrupted in; will try again", "interval", w.options.AuditInterval)
	}
}

// scopeOf is what an audit asks.
func scopeOf(gluster bool) audit.Scope {
	if gluster {
		return audit.OfGluster
	}
	return audit.OfHeketis
}

func (w *worker) removeOrphans(ctx context.Context, old []audit.Finding) {
	if len(old) == 0 {
		return
	}
	removed, err := w.provisioner.Auditor.RemoveOrphans(ctx, old)
	w.metrics.OrphansDeleted(removed)
	for _, orphan := range removed {
		klog.InfoS("Deleted an orphan", "heketi", orphan.Heketi, "volume", orphan.Volume, "volumeID", orphan.ID,
			"cluster", orphan.Cluster, "sizeGiB", orphan.SizeGiB, "gid", orphan.GID)
	}
	if err != nil {
		klog.ErrorS(err, "Cannot delete all orphans; will try again", "interval", w.options.AuditInterval)
	}
}

func logReport(report audit.Report) {
	for _, f := range report.Findings {
		klog.InfoS("Audit finding", "kind", f.Kind, "persistentVolume", f.PersistentVolume, "heketi", f.Heketi, "volume", f.Volume, "volumeID", f.ID,
			"cluster", f.Cluster, "detail", f.Detail)
	}
	for _, heketi := range report.Heketis {
		if heketi.Failure != "" {
			klog.InfoS("Audit could not ask a heketi", "heketi", heketi.URL, "reason", heketi.Failure)
		}
		if heketi.GlusterFailure != "" {
			klog.InfoS("Audit could not ask a heketi what gluster has", "heketi", heketi.URL, "reason", heketi.GlusterFailure)
		}
	}
	klog.InfoS("Audited", "heketis", len(report.Heketis), "findings", len(report.Findings), "complete", report.Complete())
}

// runAudit audits once and writes the report. It returns the command's exit status: 0 if
// all is as it should be, 1 if something was found, and 2, with an error, if somebody
// could not be asked.
func runAudit(ctx context.Context, options *Options, out io.Writer) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, auditBound)
	defer cancel()
	worker, err := newCommandWorker(ctx, options)
	if err != nil {
		return exitUnknown, err
	}
	report, err := worker.provisioner.Auditor.Audit(ctx, scopeOf(options.AuditGluster))
	if err != nil {
		return exitUnknown, err
	}
	if err := write(report, options.Output, out); err != nil {
		return exitUnknown, err
	}
	switch {
	case !report.Complete():
		return exitUnknown, fmt.Errorf("not every heketi, or not every storage host, could be asked")
	case !report.Clean():
		return exitFound, nil
	}
	return exitOK, nil
}

func write(report audit.Report, format string, out io.Writer) error {
	if format == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	return report.WriteTable(out)
}
