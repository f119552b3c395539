package glusterxml

// Peer is a host of a pool, as one of them sees it.
type Peer struct {
	ID       string `xml:"uuid"`
	Hostname string `xml:"hostname"`
	// Connected is 1 if the one that was asked reaches it.
	Connected int `xml:"connected"`
	// State is what they agree on; "Peer in Cluster" if on everything. The one that was asked has none.
	State string `xml:"stateStr"`
}

// inCluster is the state of a peer with which the one that was asked agrees on all volumes, and rejected that of one with which it does not
// (glusterd_friend_sm_state_name_get).
const (
	inCluster = "Peer in Cluster"
	rejected  = "Peer Rejected"
)

// Rejected says whether the one that was asked has other volumes than this peer.
func (p Peer) Rejected() bool { return p.State == rejected }

// Problem says what is wrong with a peer; it is empty if nothing is.
func (p Peer) Problem() string {
	switch {
	case p.Connected != 1:
		return "is disconnected"
	case p.State != "" && p.State != inCluster:
		return "is in state " + p.State
	}
	return ""
}

// Pool is what "gluster pool list" tells: the one that was asked, and its peers.
type Pool struct {
	// ID is that of the host that was asked.
	ID    string
	Peers []Peer
}

// itself is what a host calls itself in the list of its pool.
const itself = "localhost"

// ReadPool reads what "gluster pool list --xml" printed.
func ReadPool(printed []byte) (Pool, error) {
	var told struct {
		Peers []Peer `xml:"peerStatus>peer"`
	}
	if err := read(printed, &told); err != nil {
		return Pool{}, err
	}
	var pool Pool
	for _, peer := range told.Peers {
		if peer.Hostname == itself {
			pool.ID = peer.ID
		} else {
			pool.Peers = append(pool.Peers, peer)
		}
	}
	return pool, nil
}
