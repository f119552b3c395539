package audit

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/gluster"
)

// Kind is what is wrong.
type Kind string

const (
	// Lost is a PersistentVolume whose volume heketi does not have.
	Lost Kind = "lost"
	// Disagreement is a PersistentVolume that says otherwise than heketi.
	Disagreement Kind = "disagreement"
	// Grown is a PersistentVolume that is smaller than its volume, because somebody has
	// grown the volume in heketi.
	Grown Kind = "grown"
	// Unreadable is a PersistentVolume that is annotated wrongly. It cannot be compared,
	// and its volume cannot be deleted.
	Unreadable Kind = "unreadable"
	// SharedGID is a volume with the GID of another.
	SharedGID Kind = "shared-gid"
	// Orphan is a volume with a claim's name that nothing in Kubernetes accounts
	// for.
	Orphan Kind = "orphan"
)

// Kinds returns all kinds of findings, in the order of reports. What is found on storage
// hosts has the kinds of package gluster.
func Kinds() []Kind {
	kinds := []Kind{Lost, Disagreement, Grown, Unreadable, SharedGID, Orphan}
	for _, kind := range gluster.Kinds() {
		kinds = append(kinds, Kind(kind))
	}
	return kinds
}

// IsOfGluster says whether a finding is about the storage hosts.
func (f Finding) IsOfGluster() bool { return slices.Contains(gluster.Kinds(), gluster.Kind(f.Kind)) }

// Report is the outcome of an audit.
type Report struct {
	// Heketis are those that the audit was to look at, sorted by URL.
	Heketis []Heketi `json:"heketis"`
	// Findings are sorted by heketi, kind and name.
	Findings []Finding `json:"findings"`
	// Strays are the volumes whose GIDs nobody else must get, of the heketis that
	// could be asked.
	Strays []Stray `json:"-"`
}

// Asked says whether a heketi was asked.
func (r Report) Asked(url string) bool {
	return slices.ContainsFunc(r.Heketis, func(h Heketi) bool { return h.URL == url && h.Failure == "" })
}

// Heketi is what the audit saw of a heketi.
type Heketi struct {
	URL string `json:"url"`
	// Volumes counts all volumes. Pending counts those that heketi is making or deleting,
	// which are no findings. Other counts the rest of those whose names are not claims'.
	Volumes int `json:"volumes"`
	Pending int `json:"pending"`
	Other   int `json:"other"`
	// Failure says why heketi could not be asked; empty if it was.
	Failure string `json:"failure,omitempty"`
	// GlusterFailure says why heketi did not tell what gluster has. It is empty if heketi
	// did, or was not asked.
	GlusterFailure string `json:"glusterFailure,omitempty"`
}

// Finding is one thing that is wrong.
type Finding struct {
	Kind   Kind   `json:"kind"`
	Heketi string `json:"heketi"`
	// Volume is the volume's name. ID and Cluster are heketi's ids. These, the size and
	// the GID are as heketi has them, or as the PersistentVolume says where heketi has no
	// such volume.
	Volume  string `json:"volume"`
	ID      string `json:"id"`
	Cluster string `json:"cluster"`
	SizeGiB int    `json:"sizeGiB"`
	GID     uint32 `json:"gid"`
	// Claim is the UID of the claim that an orphan has the name of.
	Claim types.UID `json:"claim,omitempty"`
	// PersistentVolume is the name of the volume's PersistentVolume. It is empty if there
	// is none.
	PersistentVolume string `json:"persistentVolume,omitempty"`
	// Detail is what is wrong, in words.
	Detail string `json:"detail"`
}

func findingOf(kind Kind, heketi string, v Volume, pv, detail string) Finding {
	return Finding{
		Kind:             kind,
		Heketi:           heketi,
		Volume:           v.Name,
		ID:               v.ID,
		Cluster:          v.Cluster,
		SizeGiB:          v.SizeGiB,
		GID:              v.GID,
		PersistentVolume: pv,
		Detail:           detail,
	}
}

// Clean says whether every heketi was asked and nothing was found.
func (r Report) Clean() bool { return len(r.Findings) == 0 && r.Complete() }

// Complete says whether every heketi was asked, and every storage host that was to be.
func (r Report) Complete() bool {
	return r.Count(Kind(gluster.SilentHost)) == 0 &&
		!slices.ContainsFunc(r.Heketis, func(h Heketi) bool { return h.Failure != "" || h.GlusterFailure != "" })
}

// Has says whether the report has a finding of that kind about that volume.
func (r Report) Has(finding Finding) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Kind == finding.Kind && f.Heketi == finding.Heketi && f.ID == finding.ID
	})
}

// Count returns how many findings are of that kind.
func (r Report) Count(kind Kind) int {
	count := 0
	for _, finding := range r.Findings {
		if finding.Kind == kind {
			count++
		}
	}
	return count
}

func (r Report) sort() {
	kinds := Kinds()
	slices.SortFunc(r.Heketis, func(a, b Heketi) int { return cmp.Compare(a.URL, b.URL) })
	slices.SortFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Heketi, b.Heketi),
			cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
			cmp.Compare(a.Volume, b.Volume),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.PersistentVolume, b.PersistentVolume),
			cmp.Compare(a.Detail, b.Detail),
		)
	})
}
