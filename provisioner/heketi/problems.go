package heketi

import (
	"fmt"
	"time"
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
)

// ClockProblem says how far its clock is off, and what to do; empty if it is right, or not
// known.
func (c Condition) ClockProblem() string {
	off, direction, most := c.ClockAhead, "ahead of", tokenLife
	if off < 0 {
		off, direction, most = -off, "behind", leeway
	}
	if !c.ClockRead || off <= mostClockOff {
		return ""
	}
	return fmt.Sprintf("its clock is %v %s that of the machine that asks it; from %v on it refuses all requests as unauthorized; have both machines set their clocks by NTP",
		off, direction, most)
}

// CertificateProblem says when its certificate ends, and what to do; empty if that is far
// off.
func (c Condition) CertificateProblem(now time.Time) string {
	switch left := c.CertificateEnds.Sub(now); {
	case c.CertificateEnds.IsZero() || left > beforeEnd:
		return ""
	case left <= 0:
		return fmt.Sprintf("its certificate, or one that vouches for it, has ended at %s, and no request gets through; give heketi a new one, and if another authority has signed it, put that one's certificate into ca.crt of the Secret",
			c.CertificateEnds.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("its certificate, or one that vouches for it, ends at %s, and then no request gets through; give heketi a new one before, and if another authority has signed it, put that one's certificate into ca.crt of the Secret",
		c.CertificateEnds.UTC().Format(time.RFC3339))
}
