package audit

import (
	"slices"
	"time"
)

// Sightings remembers since when each orphan has been seen, so that nothing is done to one
// before it is old. The zero value is ready for use, by one goroutine.
//
// A heketi that could not be asked interrupts nothing. Its orphans keep their times,
// because a failed look does not say that they had gone. But OlderThan keeps them back
// until the heketi was asked again. The process alone remembers: after a restart every
// orphan is new.
type Sightings struct {
	seen map[place]sighting
}

// place is where a volume is. Its name would not do, because names may be taken again.
type place struct{ heketi, id string }

type sighting struct {
	since   time.Time
	finding Finding
	// current says that the last report had it.
	current bool
}

// Note takes in the report of a whole audit. It forgets an orphan that is not in the
// report any more. It also forgets those of a heketi that the audit was not to look at,
// since nothing names that heketi any more.
func (s *Sightings) Note(report Report, now time.Time) {
	seen := map[place]sighting{}
	for _, finding := range report.Findings {
		if finding.Kind != Orphan {
			continue
		}
		at := place{finding.Heketi, finding.ID}
		since := now
		if before, ok := s.seen[at]; ok {
			since = before.since
		}
		seen[at] = sighting{since: since, finding: finding, current: true}
	}
	for at, before := range s.seen {
		if report.failed(at.heketi) {
			before.current = false
			seen[at] = before
		}
	}
	s.seen = seen
}

// failed says whether that heketi could not be asked.
func (r Report) failed(heketi string) bool {
	return slices.ContainsFunc(r.Heketis, func(h Heketi) bool { return h.URL == heketi && h.Failure != "" })
}

// OlderThan returns the orphans of the last report that have been seen for at least that
// long.
func (s *Sightings) OlderThan(age time.Duration, now time.Time) []Finding {
	var old Report
	for _, sighting := range s.seen {
		if sighting.current && now.Sub(sighting.since) >= age {
			old.Findings = append(old.Findings, sighting.finding)
		}
	}
	old.sort()
	return old.Findings
}
