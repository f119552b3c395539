package auditor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/volume"
)

// date is when the sightings begin, in no hurry.
var date = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	hour   = time.Hour
	minAge = 24 * hour
)

// looks audits once an hour, as often as told, and has orphans of minAge deleted, as the
// leader does. It returns the ids of those that were.
func (s *scene) looks(sightings *audit.Sightings, from time.Time, times int) (deleted []string) {
	s.t.Helper()
	for i := range times {
		now := from.Add(time.Duration(i) * hour)
		report := s.audit(audit.OfHeketis)
		s.Report(report)
		sightings.Note(report, now)
		removed, err := s.RemoveOrphans(s.t.Context(), sightings.OlderThan(minAge, now))
		s.must(err)
		for _, finding := range removed {
			deleted = append(deleted, finding.ID)
		}
	}
	return deleted
}

// TestWhichOrphansAreDeleted lets a volume come for a claim that has gone while the auditor
// looked, unless the test says otherwise.
func TestWhichOrphansAreDeleted(t *testing.T) {
	byHand := func(source v1.PersistentVolumeSource) func(*v1.PersistentVolume) {
		return func(pv *v1.PersistentVolume) {
			pv.Name, pv.Annotations, pv.Spec.PersistentVolumeSource = "by-hand", nil, source
			retained(pv)
		}
	}
	glusterfs := v1.PersistentVolumeSource{Glusterfs: &v1.GlusterfsPersistentVolumeSource{EndpointsName: "hosts", Path: name + "/folder"}}
	inTree := func(pv *v1.PersistentVolume) {
		byHand(glusterfs)(pv)
		pv.Annotations = map[string]string{volume.AnnotationInTreeVolumeID: "v1"}
	}
	unknown := func(change func(*scene)) func(*scene) (then func()) {
		return func(s *scene) func() {
			return func() { s.heketis[0].has(theVolume()); change(s) }
		}
	}
	came := func(change func(*scene)) func(*scene) (then func()) {
		return unknown(func(s *scene) { s.abandons(uid); change(s) })
	}
	nothing := func(*scene) {}
	had := func(changes ...func(*v1.PersistentVolume)) func(*scene) (then func()) {
		return func(s *scene) func() {
			s.heketis[0].has(theVolume())
			pv := s.volumeIsSaved(theVolume(), changes...)
			return func() { s.volumeIsRemoved(pv) }
		}
	}
	for what, test := range map[string]struct {
		// first is how things are at the first look, and what it returns happens then.
		first   func(*scene) (then func())
		looks   int
		deleted bool
	}{
		"it is old enough": {came(nothing), 25, true},
		"it is too young":  {came(nothing), 24, false},
		"it was there at the first look": {func(s *scene) func() {
			s.heketis[0].has(theVolume())
			return func() { s.abandons(uid) }
		}, 25, true},
		"its claim went before this process began": {unknown(nothing), 30, false},
		"its claim was Bound": {unknown(func(s *scene) {
			claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{UID: uid}}
			claim.Spec.VolumeName = name
			s.SawClaimRemoved(claim, time.Now())
		}), 30, false},
		"another claim went": {unknown(func(s *scene) { s.abandons(otherUID) }), 30, false},
		"its PersistentVolume was removed, and not its volume": {func(s *scene) func() {
			then := had()(s)
			return func() { s.abandons(uid); then() }
		}, 30, false},
		"it was retained":                           {had(retained), 30, false},
		"it was retained, mounted by CSI alone":     {had(func(pv *v1.PersistentVolume) { pv.Annotations = nil; retained(pv) }), 30, false},
		"it was retained by the in-tree plugin":     {had(inTree), 30, false},
		"it was retained by somebody who mounts it": {had(byHand(glusterfs)), 30, false},
		"it was to be recycled, which nobody does": {had(func(pv *v1.PersistentVolume) {
			pv.Spec.PersistentVolumeReclaimPolicy = v1.PersistentVolumeReclaimRecycle
		}), 30, false},
		"it has another name than a claim's": {func(s *scene) func() {
			return func() { v := theVolume(); v.Name = "vol_by_hand"; s.heketis[0].has(v); s.abandons(uid) }
		}, 30, false},
		"heketi works on it": {came(func(s *scene) { s.heketis[0].worksOn(theVolume()) }), 30, false},
		"its claim is there": {came((*scene).claimIsMade), 30, false},
		"the journal has it": {came(func(s *scene) { s.entryIsWritten(name) }), 30, false},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t)
			var sightings audit.Sightings
			then := test.first(s)
			s.looks(&sightings, date, 1)
			then()
			s.told()
			deleted := s.looks(&sightings, date.Add(hour), test.looks)
			want := []string{}
			if test.deleted {
				want = []string{"v1"}
			}
			if !slices.Equal(deleted, want) || !slices.Equal(s.heketis[0].deletions(), want) {
				t.Errorf("deleted %q, heketi was asked to delete %q; want %q", deleted, s.heketis[0].deletions(), want)
			}
			said := 0
			for _, event := range s.told() {
				if strings.HasPrefix(event, "Normal OrphanDeleted deleted volume "+name+" (id v1, 5 GiB) in heketi "+s.heketis[0].server.URL) {
					said++
				}
			}
			if said != len(want) {
				t.Errorf("%d events tell of a deletion, want %d", said, len(want))
			}
		})
	}
}

// orphans has two orphans in the first heketi, and returns them as an audit finds them: v2
// comes first.
func (s *scene) orphans() []audit.Finding {
	s.t.Helper()
	s.heketis[0].has(theVolume())
	s.heketis[0].has(otherVolume())
	s.abandons(uid)
	s.abandons(otherUID)
	report := s.audit(audit.OfHeketis)
	mustFind(s.t, report, "orphan v1", "orphan v2")
	return report.Findings
}

// TestOrphansAreLookedAtAgain before they are deleted, one by one: deletions take heketi
// long, and meanwhile somebody may bind the data of the next orphan again.
func TestOrphansAreLookedAtAgain(t *testing.T) {
	byName := func(pv *v1.PersistentVolume) { pv.Annotations = nil; pv.Spec.CSI.VolumeHandle = "" }
	byID := func(pv *v1.PersistentVolume) { pv.Spec.CSI.VolumeAttributes = nil }
	for what, test := range map[string]struct {
		meanwhile    func(*scene)
		duringDelete func(*scene)
		want         []string
	}{
		"nothing has changed":                  {nil, nil, []string{"v2", "v1"}},
		"it has gone":                          {func(s *scene) { s.heketis[0].loses("v2") }, nil, []string{"v1"}},
		"it has a PersistentVolume":            {func(s *scene) { s.volumeIsSaved(theVolume()) }, nil, []string{"v2"}},
		"it gets one while others are deleted": {nil, func(s *scene) { s.volumeIsSaved(theVolume()) }, []string{"v2"}},
		"that only has its name":               {nil, func(s *scene) { s.volumeIsSaved(theVolume(), byName) }, []string{"v2"}},
		"that only has its id":                 {nil, func(s *scene) { s.volumeIsSaved(theVolume(), byID) }, []string{"v2"}},
		"another volume gets one": {nil, func(s *scene) {
			another := theVolume()
			another.ID, another.Name = "v3", "pvc-99999999-9999-4999-8999-999999999999"
			s.volumeIsSaved(another)
		}, []string{"v2", "v1"}},
		"it is bound and retained while others are deleted": {nil, func(s *scene) {
			s.volumeIsRemoved(s.volumeIsSaved(theVolume(), retained))
		}, []string{"v2"}},
		"heketi cannot be asked any more": {func(s *scene) { s.heketis[0].fails = true }, nil, nil},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t)
			found := s.orphans()
			if test.meanwhile != nil {
				test.meanwhile(s)
			}
			s.heketis[0].onDelete = func(string) {
				if test.duringDelete != nil {
					test.duringDelete(s)
					test.duringDelete = nil
				}
			}
			removed, err := s.RemoveOrphans(t.Context(), found)
			s.must(err)
			var ids []string
			for _, finding := range removed {
				ids = append(ids, finding.ID)
			}
			if !slices.Equal(ids, test.want) || !slices.Equal(s.heketis[0].deletions(), test.want) {
				t.Errorf("got %q, heketi was asked to delete %q; want %q", ids, s.heketis[0].deletions(), test.want)
			}
		})
	}
}

// TestAnOrphanThatCannotBeDeleted keeps no other from being deleted.
func TestAnOrphanThatCannotBeDeleted(t *testing.T) {
	s := play(t)
	found := s.orphans()
	s.heketis[0].refuses = "v2"
	removed, err := s.RemoveOrphans(t.Context(), found)
	if err == nil || !strings.Contains(err.Error(), "delete volume v2") || len(removed) != 1 || removed[0].ID != "v1" {
		t.Errorf("got %+v, %v; want v1, and why v2 is left", removed, err)
	}
}

// TestAnOrphanIsDeletedInTheFirstWayThatWorks tells why the first does not if none does.
func TestAnOrphanIsDeletedInTheFirstWayThatWorks(t *testing.T) {
	for what, test := range map[string]struct {
		fails []string
		want  string
	}{
		"the first fails": {[]string{"gold"}, ""},
		"all fail":        {[]string{"gold", "silver"}, "no Secret of class gold"},
	} {
		s := play(t)
		s.addClass("silver", s.heketis[0])
		s.heketis[0].has(theVolume())
		s.abandons(uid)
		report := s.audit(audit.OfHeketis)
		s.beforeRead = func(what string) {
			if what == "heketi" { // The second look is the last that gold has to work for.
				for _, class := range test.fails {
					s.wayFails[class] = errors.New("no Secret of class " + class)
				}
			}
		}
		removed, err := s.RemoveOrphans(t.Context(), report.Findings)
		if test.want == "" && (err != nil || len(removed) != 1) || test.want != "" && (err == nil || err.Error() != test.want || len(removed) > 0) {
			t.Errorf("%s: removed %+v, %v; want error %q", what, removed, err, test.want)
		}
	}
	s := play(t)
	s.heketis[0].has(theVolume())
	s.abandons(uid)
	report := s.audit(audit.OfHeketis)
	s.beforeRead = func(what string) {
		if what == "heketi" {
			s.must(s.cluster.Tracker().Delete(storagev1.SchemeGroupVersion.WithResource("storageclasses"), "", "gold"))
		}
	}
	if removed, err := s.RemoveOrphans(t.Context(), report.Findings); err == nil || !strings.Contains(err.Error(), "nothing says any more how to reach") {
		t.Errorf("without a class: removed %+v, %v", removed, err)
	}
}

// TestNoMoreOrphansAreDeletedWhenTheContextEnds tells of those that were.
func TestNoMoreOrphansAreDeletedWhenTheContextEnds(t *testing.T) {
	s := play(t)
	found := s.orphans()
	for _, id := range []string{"v3", "v4", "v5"} {
		claim := types.UID("99999999-9999-4999-8999-99999999999" + id[1:])
		orphan := orphanIn(s.heketis[0].server.URL, id)
		orphan.Claim = claim
		found = append(found, orphan)
		s.heketis[0].has(volume.Made{ID: id, Name: "pvc-" + string(claim), Cluster: "c1"})
		s.abandons(claim)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.heketis[0].onDelete = func(id string) {
		if id == "v1" {
			cancel()
		}
	}
	removed, err := s.RemoveOrphans(ctx, found)
	if len(removed) != 1 || removed[0].ID != "v2" || err == nil {
		t.Fatalf("got %+v, %v; want v2 alone, and why", removed, err)
	}
	if asked := s.heketis[0].deletions(); !slices.Equal(asked, []string{"v2", "v1"}) || len(strings.Split(err.Error(), "\n")) > 2 {
		t.Errorf("heketi was asked to delete %q; error %v", asked, err)
	}
}

// TestAbandonedClaimsAreForgotten after some time, if nothing in heketi has their name and
// every heketi was asked.
func TestAbandonedClaimsAreForgotten(t *testing.T) {
	s := play(t)
	s.heketis[0].has(theVolume())
	long := time.Now().Add(-2 * abandonedFor)
	for claim, when := range map[types.UID]time.Time{uid: long, otherUID: long, "young": time.Now()} {
		s.SawClaimRemoved(&v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{UID: claim}}, when)
	}
	s.heketis[0].fails = true
	s.Report(s.audit(audit.OfHeketis))
	if len(s.abandoned) != 3 {
		t.Errorf("%d are remembered while heketi cannot be asked, want all 3", len(s.abandoned))
	}
	s.heketis[0].fails = false
	s.Report(s.audit(audit.OfHeketis))
	if _, forgot := s.abandoned[otherUID]; forgot || len(s.abandoned) != 2 {
		t.Errorf("remembered are %v, want that of the orphan and the young one", s.abandoned)
	}
}
