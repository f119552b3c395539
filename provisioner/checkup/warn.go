package checkup

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/reach"
)

// The reasons of events.
const (
	reasonClockOff        = "HeketiClockOff"
	reasonCertificateEnds = "HeketiCertificateEnds"
)

const (
	// mostClockOff is how much the clock of a heketi may be off before that is told.
	mostClockOff = time.Minute
	// tokenLife is for how long a token counts that heketi's client makes (setToken in
	// client/api/go-client/client.go of heketi 10.3), and leeway how far in the future
	// heketi lets one be made (iatLeeway in middleware/jwt.go).
	tokenLife = 5 * time.Minute
	leeway    = 2 * time.Minute
	// beforeEnd is how long before its end a certificate is told of.
	beforeEnd = 14 * 24 * time.Hour
	// again is after which time the same is told again.
	again = 24 * time.Hour
)

// told is when what was told of which heketi.
type told map[warning]time.Time

type warning struct{ heketi, reason string }

// warn tells of what will keep the provisioner out of a heketi.
func (c *Checkup) warn(ways map[string][]reach.Way) {
	now := time.Now()
	for _, is := range c.Connector.Conditions() {
		if _, used := ways[is.Heketi]; !used {
			continue
		}
		if problem := clockProblem(is); problem != "" {
			c.tell(warning{is.Heketi, reasonClockOff}, problem, now)
		}
		if problem := certificateProblem(is, now); problem != "" {
			c.tell(warning{is.Heketi, reasonCertificateEnds}, problem, now)
		}
	}
	for about := range c.told {
		if _, used := ways[about.heketi]; !used {
			delete(c.told, about)
		}
	}
}

func (c *Checkup) tell(about warning, problem string, now time.Time) {
	if last, before := c.told[about]; before && now.Sub(last) < again {
		return
	}
	c.told[about] = now
	c.Events.Eventf(c.About, v1.EventTypeWarning, about.reason, "heketi %s: %s", about.heketi, problem)
}

// clockProblem says how far a heketi's clock is off, and what to do; empty if it is right.
func clockProblem(is heketi.Condition) string {
	off, direction, most := is.ClockAhead, "ahead of", tokenLife
	if off < 0 {
		off, direction, most = -off, "behind", leeway
	}
	if !is.ClockRead || off <= mostClockOff {
		return ""
	}
	return fmt.Sprintf("its clock is %v %s the provisioner's; from %v on it refuses all requests as unauthorized; have both machines set their clocks by NTP",
		off.Round(time.Second), direction, most)
}

// certificateProblem says when a heketi's certificate ends, and what to do; empty if that is
// far off.
func certificateProblem(is heketi.Condition, now time.Time) string {
	switch left := is.CertificateEnds.Sub(now); {
	case is.CertificateEnds.IsZero() || left > beforeEnd:
		return ""
	case left <= 0:
		return fmt.Sprintf("its certificate, or one that vouches for it, has ended at %s, and no request gets through; give heketi a new one, and if another authority has signed it, put that one's certificate into ca.crt of the Secret",
			is.CertificateEnds.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("its certificate, or one that vouches for it, ends at %s, and then no request gets through; give heketi a new one before, and if another authority has signed it, put that one's certificate into ca.crt of the Secret",
		is.CertificateEnds.UTC().Format(time.RFC3339))
}
