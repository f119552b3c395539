package servers

import (
	"math/rand/v2"
	"net/netip"
	"slices"
)

// Order returns the servers in the order in which to ask them: those of the present
// and then those that were recorded, each in random order so that no server gets all
// the clients; none twice.
func Order(present, recorded []netip.Addr) []netip.Addr {
	var ordered []netip.Addr
	for _, group := range [][]netip.Addr{present, recorded} {
		for _, i := range rand.Perm(len(group)) {
			if !slices.Contains(ordered, group[i]) {
				ordered = append(ordered, group[i])
			}
		}
	}
	return ordered
}
