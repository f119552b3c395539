package checkup

import (
	"time"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/reach"
)

// The reasons of events.
const (
	reasonClockOff        = "HeketiClockOff"
	reasonCertificateEnds = "HeketiCertificateEnds"
)

// again is after which time the same is told again.
const again = 24 * time.Hour

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
		if problem := is.ClockProblem(); problem != "" {
			c.tell(warning{is.Heketi, reasonClockOff}, problem, now)
		}
		if problem := is.CertificateProblem(now); problem != "" {
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
