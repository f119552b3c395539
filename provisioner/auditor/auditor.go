package auditor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/reach"
	"glusterfs-provisioner/provisioner/volume"
)

// Journal knows the volumes that are being made.
type Journal interface {
	List(context.Context) ([]journal.Entry, error)
	// Namespace is what events refer to that are about the provisioner as a whole.
	Namespace() *v1.ObjectReference
}

// Conversions know which volumes have no PersistentVolume for a while, by their names in
// heketi.
type Conversions interface {
	Unmounted(context.Context) (sets.Set[string], error)
}

// Heketis connects to heketis.
type Heketis interface {
	Connect(ctx context.Context, server volume.Heketi, class string) (*heketi.Client, error)
}

// Dependencies is what an Auditor works with. All fields are required.
type Dependencies struct {
	// Provisioner is the name of the provisioner whose classes and PersistentVolumes name
	// the heketis.
	Provisioner string
	// Client is asked for all that Kubernetes has.
	Client kubernetes.Interface
	// PersistentVolumes is the cache of what events are about, and of what is bound again
	// while orphans are deleted.
	PersistentVolumes corelisters.PersistentVolumeLister
	Heketis           Heketis
	Journal           Journal
	Conversions       Conversions
	Trimmer           *caches.Trimmer
	Events            record.EventRecorder
	// Grown is told of each PersistentVolume whose volume was grown by hand.
	Grown func(persistentVolume string)
	// Audited is told of each report before anybody else.
	Audited func(audit.Report)
}

// Auditor audits. It is safe for concurrent use.
type Auditor struct {
	Dependencies

	mu sync.Mutex
	// abandoned are the claims that have gone before they had a PersistentVolume, and when.
	abandoned map[types.UID]time.Time
	// kept are the PersistentVolumes that were removed and whose volumes were not deleted.
	kept audit.Holders
}

// New returns an auditor.
func New(dependencies Dependencies) *Auditor {
	return &Auditor{Dependencies: dependencies, abandoned: map[types.UID]time.Time{}, kept: audit.HoldersAmong(nil)}
}

// SawClaimRemoved notes a claim that is gone. If it never had a PersistentVolume, what there
// is in heketi under its name is nobody's, and RemoveOrphans may delete it.
func (a *Auditor) SawClaimRemoved(claim *v1.PersistentVolumeClaim, now time.Time) {
	if claim.Spec.VolumeName != "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.abandoned[claim.UID] = now
}

// SawRemoved notes a PersistentVolume that was removed although its volume was not deleted:
// it was to be retained, or somebody has removed the finalizer, or Kubernetes' own database
// is an older copy now. RemoveOrphans leaves its volume alone.
func (a *Auditor) SawRemoved(pv *v1.PersistentVolume) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kept.Note(pv)
}

// isOurs says whether an orphan was made for a claim of this Kubernetes cluster that has gone
// while this process ran, and for nothing else. All others may be another cluster's, or what
// is left of this one as it was before.
func (a *Auditor) isOurs(orphan audit.Finding) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, abandoned := a.abandoned[orphan.Claim]
	return abandoned && a.kept.Of(orphan.ID, orphan.Volume) == ""
}

// abandonedFor is for how long an abandoned claim is remembered that has no orphan. A request
// that makes its volume late arrives within minutes.
const abandonedFor = time.Hour

// forgetAbandoned forgets the claims that are abandoned for long, and have no orphan.
func (a *Auditor) forgetAbandoned(report audit.Report, now time.Time) {
	orphaned := sets.New[types.UID]()
	for _, finding := range report.Findings {
		orphaned.Insert(finding.Claim)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for claim, since := range a.abandoned {
		if now.Sub(since) > abandonedFor && !orphaned.Has(claim) && report.Complete() {
			delete(a.abandoned, claim)
		}
	}
}

// Audit compares what heketis have with what Kubernetes knows of. The heketis are those
// that classes and PersistentVolumes name. It changes nothing.
//
// It asks the API server, because caches may be older than the package audit allows. Only
// the cache of classes has to be filled. A heketi that cannot be asked is part of the
// report. An error means that Kubernetes could not be asked.
//
// With audit.OfGluster each heketi is also asked what gluster has. For that it runs
// commands on every storage host.
func (a *Auditor) Audit(ctx context.Context, scope audit.Scope) (audit.Report, error) {
	before, err := caches.ListVolumes(ctx, a.Client.CoreV1(), a.Trimmer)
	if err != nil {
		return audit.Report{}, err
	}
	ways, err := a.waysToHeketis(ctx, before)
	if err != nil {
		return audit.Report{}, err
	}
	// Only the versions are kept, since all of them are listed again.
	versions := audit.Versions(before)
	var inventories []audit.Inventory
	for _, url := range slices.Sorted(maps.Keys(ways)) {
		inventories = append(inventories, a.takeInventory(ctx, url, ways[url], scope))
	}
	known, err := a.known(ctx)
	if err != nil {
		return audit.Report{}, err
	}
	known.Before = versions
	return audit.Compare(inventories, known), nil
}

// waysToHeketis returns how to reach each heketi that our classes or the given
// PersistentVolumes name. It asks the API server for the classes.
func (a *Auditor) waysToHeketis(ctx context.Context, volumes []*v1.PersistentVolume) (map[string][]reach.Way, error) {
	classes, err := caches.ListClasses(ctx, a.Client.StorageV1())
	if err != nil {
		return nil, err
	}
	return reach.Ways(a.Provisioner, classes, volumes), nil
}

// takeInventory asks one heketi, in the first way that works. If none does, the first
// failure counts.
func (a *Auditor) takeInventory(ctx context.Context, url string, ways []reach.Way, scope audit.Scope) audit.Inventory {
	inventory := audit.Inventory{Heketi: url}
	for _, way := range ways {
		var all heketi.Inventory
		client, err := a.Heketis.Connect(ctx, way.Heketi, way.Class)
		if err == nil {
			all, err = client.Inventory(ctx)
		}
		if err != nil {
			inventory.Err = cmp.Or(inventory.Err, err)
			continue
		}
		inventory.Err, inventory.Clusters = nil, all.Clusters
		for _, v := range all.Volumes {
			inventory.Volumes = append(inventory.Volumes, audit.Volume{
				ID: v.ID, Name: v.Name, Cluster: v.Cluster, SizeGiB: v.SizeGiB, GID: v.GID, Pending: v.Pending,
			})
		}
		if scope == audit.OfGluster {
			inventory.Gluster, inventory.GlusterErr = compareWithGluster(ctx, client)
		}
		return inventory
	}
	return inventory
}

// compareWithGluster returns what heketi and gluster disagree on. If there is something,
// it looks twice, because what is made during a look seems to be wrong.
func compareWithGluster(ctx context.Context, client *heketi.Client) ([]gluster.Difference, error) {
	state, err := client.Gluster(ctx)
	if err != nil {
		return nil, err
	}
	first := state.Compare()
	if len(first) == 0 {
		return nil, nil
	}
	if state, err = client.Gluster(ctx); err != nil {
		return nil, err
	}
	return gluster.Lasting(first, state.Compare()), nil
}

// known reads what Kubernetes knows of, in the order that the package audit asks for.
func (a *Auditor) known(ctx context.Context) (audit.Known, error) {
	known := audit.Known{Unfinished: sets.New[string]()}
	entries, err := a.Journal.List(ctx)
	if err != nil {
		return known, err
	}
	for _, entry := range entries {
		known.Unfinished.Insert(entry.Volume)
	}
	if err := a.addUnmounted(ctx, known.Unfinished); err != nil {
		return known, err
	}
	known.Claims, err = caches.ListClaimUIDs(ctx, a.Client.CoreV1())
	if err != nil {
		return known, err
	}
	if known.PersistentVolumes, err = caches.ListVolumes(ctx, a.Client.CoreV1(), a.Trimmer); err != nil {
		return known, err
	}
	// Once more, since a PersistentVolume may have begun to be replaced just before.
	return known, a.addUnmounted(ctx, known.Unfinished)
}

// addUnmounted adds the volumes whose PersistentVolumes are being replaced.
func (a *Auditor) addUnmounted(ctx context.Context, to sets.Set[string]) error {
	names, err := a.Conversions.Unmounted(ctx)
	to.Insert(names.UnsortedList()...)
	return err
}
