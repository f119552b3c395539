package auditor

import (
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/volume"
)

// readsOfAnAudit are those of an audit of one heketi, in order.
var readsOfAnAudit = []string{
	"persistentvolumes", "storageclasses", "heketi", "journal", "conversions", "persistentvolumeclaims", "persistentvolumes", "conversions",
}

// TestTheOrderOfReading shows what the other tests let things happen between.
func TestTheOrderOfReading(t *testing.T) {
	s := play(t)
	mustFind(t, s.audit(audit.OfHeketis))
	if !slices.Equal(s.reads, readsOfAnAudit) {
		t.Errorf("got %q, want %q", s.reads, readsOfAnAudit)
	}
}

// moment is a number of reads: a step at moment 2 comes after the second and before the
// third.
type moment = int

// eachCourse calls do for each way in which that many steps can happen, in their order,
// before, between and after that many reads.
func eachCourse(steps, reads int, do func(at []moment)) {
	at := make([]moment, 0, steps)
	var choose func(from moment)
	choose = func(from moment) {
		if len(at) == steps {
			do(at)
			return
		}
		for m := from; m <= reads; m++ {
			at = append(at, m)
			choose(m)
			at = at[:len(at)-1]
		}
	}
	choose(0)
}

func TestEachCourse(t *testing.T) {
	var got []string
	eachCourse(2, 2, func(at []moment) { got = append(got, string(rune('0'+at[0]))+string(rune('0'+at[1]))) })
	if want := "00 01 02 11 12 22"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// happen has steps happen at those moments of the reads that follow.
func (s *scene) happen(at []moment, steps ...func()) {
	count, next := 0, 0
	s.beforeRead = func(string) {
		for ; next < len(steps) && at[next] <= count; next++ {
			steps[next]()
		}
		count++
	}
}

// TestAVolumeInTheMakingIsNoFinding lets a volume be made during an audit, in each way in
// which the steps and the reads can follow each other. Its claim is gone, so that the
// journal and the PersistentVolume alone account for it.
func TestAVolumeInTheMakingIsNoFinding(t *testing.T) {
	eachCourse(5, len(readsOfAnAudit), func(at []moment) {
		s := play(t)
		s.happen(at,
			func() { s.entryIsWritten(name) },
			func() { s.heketis[0].worksOn(theVolume()) },
			func() { s.heketis[0].has(theVolume()) },
			func() { s.volumeIsSaved(theVolume()) },
			func() { s.entryIsRemoved(name) },
		)
		report := s.audit(audit.OfHeketis)
		if !report.Clean() || len(report.Strays) > 0 || !slices.Equal(s.reads, readsOfAnAudit) {
			t.Errorf("steps at %v: got findings %+v and strays %+v", at, report.Findings, report.Strays)
		}
	})
}

// TestAVolumeThatIsConvertedIsNoFinding lets a PersistentVolume be replaced during an audit,
// after its claim is gone. Only if all of that happens within one read, it may be taken for
// an orphan, which the next look takes back.
func TestAVolumeThatIsConvertedIsNoFinding(t *testing.T) {
	const betweenLooks = 5
	eachCourse(4, len(readsOfAnAudit), func(at []moment) {
		if at[0] >= betweenLooks && at[3] < len(readsOfAnAudit) {
			return
		}
		s := play(t)
		s.heketis[0].has(theVolume())
		pv := s.volumeIsSaved(theVolume())
		s.happen(at,
			func() { s.unmounted = []string{name} },
			func() { s.volumeIsRemoved(pv) },
			func() { s.volumeIsSaved(theVolume()) },
			func() { s.unmounted = nil },
		)
		if report := s.audit(audit.OfHeketis); !report.Clean() || len(report.Strays) > 0 {
			t.Errorf("steps at %v: got findings %+v and strays %+v", at, report.Findings, report.Strays)
		}
	})
}

// TestAVolumeThatGrowsDisagreesWithNothing lets one grow during an audit. At most it is
// taken for grown by hand, and then it only is looked at again.
func TestAVolumeThatGrowsDisagreesWithNothing(t *testing.T) {
	eachCourse(2, len(readsOfAnAudit), func(at []moment) {
		s := play(t)
		s.claimIsMade()
		s.heketis[0].has(theVolume())
		pv := s.volumeIsSaved(theVolume())
		s.happen(at,
			func() {
				larger := theVolume()
				larger.SizeGiB = 9
				s.heketis[0].has(larger)
			},
			func() {
				s.volumeIsChanged(pv, func(pv *v1.PersistentVolume) { pv.Spec.Capacity[v1.ResourceStorage] = volume.GiB(9) })
			},
		)
		if report := s.audit(audit.OfHeketis); len(report.Findings) != report.Count(audit.Grown) {
			t.Errorf("steps at %v: got %+v", at, report.Findings)
		}
	})
}

// TestWhatIsDeletedMeanwhileIsNotDeletedAgain lets a volume be deleted during an audit,
// which may take it for an orphan. The auditor must not ask heketi to delete it.
func TestWhatIsDeletedMeanwhileIsNotDeletedAgain(t *testing.T) {
	for what, story := range map[string]func(*scene) (first, last func()){
		"its claim is deleted": func(s *scene) (first, last func()) {
			pv := s.volumeIsSaved(theVolume())
			released := func(pv *v1.PersistentVolume) { pv.Status.Phase = v1.VolumeReleased }
			return func() { s.claimGoes(); s.volumeIsChanged(pv, released) }, func() { s.volumeIsRemoved(pv) }
		},
		"its claim went while it was made": func(s *scene) (first, last func()) {
			s.entryIsWritten(name)
			return func() { s.claimGoes() }, func() { s.entryIsRemoved(name) }
		},
	} {
		t.Run(what, func(t *testing.T) {
			taken := 0
			eachCourse(3, len(readsOfAnAudit), func(at []moment) {
				s := play(t)
				s.claimIsMade()
				s.heketis[0].has(theVolume())
				first, last := story(s)
				s.happen(at, first, func() { s.heketis[0].loses("v1") }, last)
				report := s.audit(audit.OfHeketis)
				taken += report.Count(audit.Orphan)
				if report.Count(audit.Orphan) != len(report.Findings) {
					t.Errorf("steps at %v: got %+v", at, report.Findings)
				}
				removed, err := s.RemoveOrphans(t.Context(), report.Findings)
				if err != nil || len(removed) > 0 || len(s.heketis[0].deletions()) > 0 {
					t.Errorf("steps at %v: removed %+v, %v; heketi was asked to delete %q", at, removed, err, s.heketis[0].deletions())
				}
			})
			if taken == 0 {
				t.Error("no audit took it for an orphan, so nothing was shown")
			}
		})
	}
}
