package disks

import (
	"fmt"
	"slices"
	"strings"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// findCluster returns the cluster of the object; one without an id if it is to be made. There is never a second
// one: heketi's clusters have no names, so it is found by the id in the status, and where that is lost by its
// nodes. A cluster that was made just before the keeper was killed has no nodes yet, and is taken by
// whoever needs one.
func (p *planning) findCluster() (heketiapi.Cluster, *problem) {
	recorded := p.object.Status.ClusterID
	var byNodes []heketiapi.Cluster
	for _, cluster := range p.facts.Clusters {
		if recorded != "" && cluster.ID == recorded {
			return cluster, nil
		}
		if p.ownerOf(cluster.ID) == "" && hasNodeOf(cluster, p.object.Spec) {
			byNodes = append(byNodes, cluster)
		}
	}
	switch {
	case len(byNodes) == 1:
		return byNodes[0], nil
	case len(byNodes) > 1:
		return heketiapi.Cluster{}, &problem{ClusterAmbiguous, fmt.Sprintf(
			"the nodes are in different clusters of heketi: %s; have an object for each of them", strings.Join(idsOf(byNodes), ", "))}
	case recorded != "":
		return heketiapi.Cluster{}, &problem{ClusterUnknown, fmt.Sprintf(
			"heketi does not know its cluster %s, which it had, nor any of the nodes: it runs with another database; "+
				"restore the Secrets of its database from a backup, or delete the object and make it again if nothing of it is needed any more", recorded)}
	}
	for _, cluster := range p.facts.Clusters {
		if len(cluster.Nodes) == 0 && cluster.File && p.ownerOf(cluster.ID) == "" {
			return cluster, nil
		}
	}
	return heketiapi.Cluster{}, nil
}

// ownerOf returns the name of another object whose cluster it is.
func (p *planning) ownerOf(cluster string) string {
	for _, other := range p.facts.Others {
		if other.Status.ClusterID == cluster {
			return other.Name
		}
	}
	return ""
}

func hasNodeOf(cluster heketiapi.Cluster, spec glustercluster.Spec) bool {
	return slices.ContainsFunc(cluster.Nodes, func(node heketiapi.Node) bool { return spec.Lists(node.Name) })
}

func idsOf(clusters []heketiapi.Cluster) []string {
	ids := make([]string, 0, len(clusters))
	for _, cluster := range clusters {
		ids = append(ids, cluster.ID)
	}
	return ids
}
