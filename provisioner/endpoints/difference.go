package endpoints

import (
	"slices"
	"strings"
)

// Reason is why a Service or Endpoints were written.
type Reason string

// The reasons, from the strongest on.
const (
	// Missing: somebody deleted them.
	Missing Reason = "missing"
	// Changed: somebody changed them.
	Changed Reason = "changed"
	// Followed: the storage hosts have changed in heketi.
	Followed Reason = "followed"
)

// Reasons returns all of them.
func Reasons() []Reason { return []Reason{Missing, Changed, Followed} }

// difference is what is not as it should be with a Service and Endpoints.
type difference struct {
	// reason is empty if nothing is.
	reason Reason
	// found says it in words.
	found string
}

// compare returns how a Service and Endpoints that were seen (nil if there are
// none) differ from those with the given addresses. Before are the addresses that
// were right until now, if known.
func compare(service, endpoints *sighting, addresses, before []string) difference {
	var missing, changed []string
	switch {
	case service == nil:
		missing = append(missing, "the Service")
	case !service.fits:
		changed = append(changed, "the Service")
	}
	switch {
	case endpoints == nil:
		missing = append(missing, "the Endpoints")
	case endpoints.fits && slices.Equal(endpoints.addresses, addresses):
	case endpoints.fits && before != nil && slices.Equal(endpoints.addresses, before) && len(missing)+len(changed) == 0:
		return difference{Followed, "the storage hosts had changed in heketi"}
	default:
		changed = append(changed, "the Endpoints")
	}
	var found []string
	if len(missing) > 0 {
		found = append(found, strings.Join(missing, " and ")+" had been deleted")
	}
	if len(changed) > 0 {
		found = append(found, strings.Join(changed, " and ")+" had been changed")
	}
	switch {
	case len(missing) > 0:
		return difference{Missing, strings.Join(found, ", ")}
	case len(changed) > 0:
		return difference{Changed, strings.Join(found, ", ")}
	}
	return difference{}
}
