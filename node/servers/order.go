package servers

import (
	"math/rand/v2"
	"net/netip"
	"slices"
)

// Shuffled returns the servers in random order, so that no server gets all the clients;
// none twice.
func Shuffled(servers []netip.Addr) []netip.Addr {
	var ordered []netip.Addr
	for _, i := range rand.Perm(len(servers)) {
		if !slices.Contains(ordered, servers[i]) {
			ordered = append(ordered, servers[i])
		}
	}
	return ordered
}
