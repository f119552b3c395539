package auditor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/reach"
)

// The reasons of events.
const (
	reasonAudit         = "Audit"
	reasonOrphanDeleted = "OrphanDeleted"
)

// Report has each finding dealt with. First of all, Audited is told. So nobody else gets
// the GID of a volume that has no PersistentVolume. Grown is told of volumes that were
// grown by hand, and the rest in events.
//
// An event is about the finding's PersistentVolume. If there is none, it is about the
// provisioner's namespace. One such event tells of all orphans of a heketi, another of all
// that was found on its storage hosts.
func (a *Auditor) Report(report audit.Report) {
	a.Audited(report)
	a.forgetAbandoned(report, time.Now())
	orphans, onHosts := map[string][]audit.Finding{}, map[string][]audit.Finding{}
	for _, finding := range report.Findings {
		switch {
		case finding.Kind == audit.Orphan:
			orphans[finding.Heketi] = append(orphans[finding.Heketi], finding)
			continue
		case finding.Kind == audit.Grown:
			a.Grown(finding.PersistentVolume)
			continue
		case finding.IsOfGluster() && finding.PersistentVolume == "":
			onHosts[finding.Heketi] = append(onHosts[finding.Heketi], finding)
			continue
		}
		pv, err := a.PersistentVolumes.Get(finding.PersistentVolume)
		if err == nil {
			a.Events.Eventf(pv, v1.EventTypeWarning, reasonAudit, "%s: %s", finding.Kind, finding.Detail)
		}
	}
	for url, found := range orphans {
		a.Events.Eventf(a.Journal.Namespace(), v1.EventTypeWarning, reasonAudit,
			"%d volumes in heketi %s have no PersistentVolume and no claim, such as %s (id %s); \"glusterfs-provisioner audit\" lists them",
			len(found), url, found[0].Volume, found[0].ID)
	}
	for url, found := range onHosts {
		a.Events.Eventf(a.Journal.Namespace(), v1.EventTypeWarning, reasonAudit,
			"%d findings on the storage hosts of heketi %s, such as %s: %s; \"glusterfs-provisioner audit --gluster\" lists them",
			len(found), url, found[0].Kind, found[0].Detail)
	}
}

// RemoveOrphans deletes orphans, and returns those that it deleted. It deletes only what was
// made for a claim that has gone while this process ran, and that never had a
// PersistentVolume. It leaves an orphan that a second audit does not find. When the context ends, it leaves the rest. The error joins what could not be
// deleted.
func (a *Auditor) RemoveOrphans(ctx context.Context, orphans []audit.Finding) ([]audit.Finding, error) {
	again, err := a.Audit(ctx, audit.OfHeketis)
	if err != nil {
		return nil, err
	}
	volumes, err := caches.ListVolumes(ctx, a.Client.CoreV1(), a.Trimmer)
	if err != nil {
		return nil, err
	}
	ways, err := a.waysToHeketis(ctx, volumes)
	if err != nil {
		return nil, err
	}
	var removed []audit.Finding
	var failures []error
	for _, orphan := range orphans {
		if ctx.Err() != nil {
			failures = append(failures, context.Cause(ctx))
			break
		}
		if !again.Has(orphan) {
			continue
		}
		kept, err := a.isKept(orphan)
		if kept {
			continue
		}
		if err == nil {
			err = a.removeOrphan(ctx, orphan, ways[orphan.Heketi])
		}
		if err != nil {
			failures = append(failures, err)
			continue
		}
		removed = append(removed, orphan)
		a.Events.Eventf(a.Journal.Namespace(), v1.EventTypeNormal, reasonOrphanDeleted,
			"deleted volume %s (id %s, %d GiB) in heketi %s, which had no PersistentVolume and no claim", orphan.Volume, orphan.ID, orphan.SizeGiB, orphan.Heketi)
	}
	return removed, errors.Join(failures...)
}

// isKept says whether an orphan's data must stay: it is not certainly this cluster's, or a
// PersistentVolume mounts it now. The cache is asked for the latter before each
// deletion, because the deletions before may have taken minutes.
func (a *Auditor) isKept(orphan audit.Finding) (bool, error) {
	if !a.isOurs(orphan) {
		return true, nil
	}
	volumes, err := a.PersistentVolumes.List(labels.Everything())
	return audit.HoldersAmong(volumes).Of(orphan.ID, orphan.Volume) != "", err
}

// removeOrphan deletes an orphan in the first way that works. If none does, it returns the
// first failure.
func (a *Auditor) removeOrphan(ctx context.Context, orphan audit.Finding, ways []reach.Way) error {
	var failure error
	for _, way := range ways {
		client, err := a.Heketis.Connect(ctx, way.Heketi, way.Class)
		if err == nil {
			err = client.Delete(ctx, heketi.Ref{ID: orphan.ID, Name: orphan.Volume, Cluster: orphan.Cluster})
		}
		if err == nil {
			return nil
		}
		failure = cmp.Or(failure, err)
	}
	return cmp.Or(failure, fmt.Errorf("nothing says any more how to reach heketi %s", orphan.Heketi))
}
