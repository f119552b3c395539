package servers

import (
	"fmt"
	"net/netip"
	"strings"
)

// told is how many addresses of a list are told.
const told = 5

// Found are the servers that a volume can be mounted from.
type Found struct {
	// Servers are in the order in which to ask them; at least one.
	Servers []netip.Addr
	// Silent are those at the end of them that did not answer.
	Silent []netip.Addr
	// Unknown is why it is not known which servers the cluster has at present. Servers
	// are then those that the PersistentVolume recorded. Otherwise it is nil.
	Unknown error
}

// String tells a person which servers these are, and why.
func (f Found) String() string {
	text := list(f.Servers)
	if f.Unknown == nil {
		text += ", which the cluster has at present"
	} else {
		text += fmt.Sprintf(", which the PersistentVolume recorded, because %v", f.Unknown)
	}
	if len(f.Silent) > 0 {
		text += "; servers that do not answer: " + list(f.Silent)
	}
	return text
}

// list has the first addresses, since an event has little room.
func list(servers []netip.Addr) string {
	texts := make([]string, 0, told)
	for _, server := range servers[:min(told, len(servers))] {
		texts = append(texts, server.String())
	}
	text := strings.Join(texts, ", ")
	if more := len(servers) - told; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
