package endpoints

import (
	"slices"
	"strings"
)

// Reason is why a listing was repaired.
type Reason string

// The reasons, from the strongest on.
const (
	// Missing: somebody deleted an object of the listing.
	Missing Reason = "missing"
	// Changed: somebody changed one.
	Changed Reason = "changed"
	// Followed: the storage hosts have changed in heketi.
	Followed Reason = "followed"
)

// Reasons returns all of them.
func Reasons() []Reason { return []Reason{Missing, Changed, Followed} }

// part is one of the objects of a listing.
type part struct {
	name string
	// seen is nil if the object does not exist.
	seen *sighting
	// lists says that it holds the addresses.
	lists bool
}

// difference is how a listing differs from what it should be.
type difference struct {
	// reason is empty if it does not differ.
	reason Reason
	// found says in words how it differs.
	found string
}

// compare returns how the parts of a listing, as they were seen, differ from those that
// list the given addresses. Before are the addresses that were right until now, if known.
func compare(parts []part, addresses, before []string) difference {
	var missing, changed []string
	followed := false
	for _, part := range parts {
		switch {
		case part.seen == nil:
			missing = append(missing, part.name)
		case !part.seen.fits:
			changed = append(changed, part.name)
		case !part.lists || slices.Equal(part.seen.addresses, addresses):
		case before != nil && slices.Equal(part.seen.addresses, before) && len(missing)+len(changed) == 0:
			followed = true
		default:
			changed = append(changed, part.name)
		}
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
	case followed:
		return difference{Followed, "the storage hosts had changed in heketi"}
	}
	return difference{}
}
