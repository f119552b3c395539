package ownership

import (
	"fmt"
	"slices"
	"strings"

	"glusterfs-provisioner/host/store"
)

// Found is what is on a node.
type Found struct {
	Mark  *Mark
	Store *store.Store
	// Listed is how many bricks are in heketi's list of mounts.
	Listed int
}

// Lost tells whether glusterd's id was lost, so that glusterd would make itself another, and is nowhere else.
func (f Found) Lost() bool {
	return f.Store.UUID == "" && f.Store.IsUsed() && (f.Mark == nil || f.Mark.UUID == "")
}

// toldAtMost is how many volumes are named.
const toldAtMost = 5

// Judge returns why what was found is not that of the node of the cluster; empty if it is, or if there is nothing.
// Without keys of the cluster, only the node is compared.
func Judge(found Found, node string, cluster []string) string {
	switch mark := found.Mark; {
	case mark == nil && found.Store.IsUsed():
		return "the node has a GlusterFS that was not made by this: " + describe(found.Store)
	case mark != nil && mark.Node != node:
		return fmt.Sprintf("the GlusterFS on the node was made for the node %q, and this one is %q: %s", mark.Node, node, describe(found.Store))
	case mark != nil && len(mark.Cluster) > 0 && len(cluster) > 0 && !slices.ContainsFunc(cluster, func(key string) bool { return slices.Contains(mark.Cluster, key) }):
		return "the GlusterFS on the node was made in another Kubernetes cluster: " + describe(found.Store)
	case found.Store.UUID == "" && !found.Store.IsUsed() && found.Listed > 0:
		return fmt.Sprintf("heketi's list of mounts has %d bricks, and glusterd's store is empty: it was lost, or removed by half", found.Listed)
	}
	return ""
}

func describe(s *store.Store) string {
	id := s.UUID
	if id == "" {
		id = "none"
	}
	text := fmt.Sprintf("its id is %s, it has %d peers and %d volumes", id, len(s.Peers), len(s.Volumes))
	var names []string
	for _, volume := range s.Volumes[:min(len(s.Volumes), toldAtMost)] {
		names = append(names, volume.Name)
	}
	if len(s.Volumes) > toldAtMost {
		names = append(names, "...")
	}
	if len(names) > 0 {
		text += " (" + strings.Join(names, ", ") + ")"
	}
	return text
}
