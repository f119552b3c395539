package servers

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"glusterfs-provisioner/node/namespace"
)

// DefaultPort is where glusterd listens.
const DefaultPort = 24007

const (
	// connectBound is how long a server has to answer. A client that is given one
	// that does not would wait for it for minutes.
	connectBound = 2 * time.Second
	// grace is how long others have when one has answered.
	grace = 200 * time.Millisecond
)

// AnsweringFirst moves the servers that do not answer on the port to the end, and
// returns them a second time as silent. Otherwise the order stays. The servers are
// tried from the namespaces' network.
func AnsweringFirst(ctx context.Context, network *namespace.Set, servers []netip.Addr, port int) (ordered, silent []netip.Addr) {
	ctx, cancel := context.WithTimeout(ctx, connectBound)
	defer cancel()
	type answer struct {
		server netip.Addr
		err    error
	}
	answers := make(chan answer, len(servers))
	for _, server := range servers {
		go func() { answers <- answer{server, connect(ctx, network, server, port)} }()
	}
	answering := map[netip.Addr]bool{}
	for range servers {
		a := <-answers
		if a.err != nil {
			continue
		}
		if answering[a.server] = true; len(answering) == 1 {
			time.AfterFunc(grace, cancel)
		}
	}
	ordered = slices.Clone(servers)
	slices.SortStableFunc(ordered, func(a, b netip.Addr) int { return rank(answering[a]) - rank(answering[b]) })
	return ordered, ordered[len(answering):]
}

func rank(answers bool) int {
	if answers {
		return 0
	}
	return 1
}

func connect(ctx context.Context, network *namespace.Set, server netip.Addr, port int) error {
	_, err := namespace.Do(ctx, network, func() (struct{}, error) {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(server.String(), strconv.Itoa(port)))
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, connection.Close()
	})
	return err
}
