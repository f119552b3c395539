package endpoints

import (
	"slices"
	"strings"
)

// Reason is why what lists storage hosts was written.
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

// part is one of the objects that list storage hosts, or keep those that do.
type part struct {
	name string
	// seen is nil if there is none.
	seen *sighting
	// lists says that it holds the addresses.
	lists bool
}

// difference is what is not as it should be with what lists storage hosts.
type difference struct {
	// reason is empty if nothing is.
	reason Reason
	// found says it in words.
	found string
}

// compare returns how the parts that were seen differ from those that list the given
// addresses. Before are the addresses that were right until now, if known.
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
