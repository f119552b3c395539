package cluster

import (
	"context"
	"encoding/json"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/keeper/glustercluster"
)

// GlusterClusters returns all of them; none is there where the cluster does not know what they are.
func (c Cluster) GlusterClusters(ctx context.Context) asked.Thing[[]*glustercluster.Object] {
	path := "/apis/" + glustercluster.Resource.GroupVersion().String() + "/" + glustercluster.Resource.Resource
	answer, err := c.Client.Discovery().RESTClient().Get().AbsPath(path).DoRaw(ctx)
	return asked.Then(asked.For(answer, err), func(answer []byte) ([]*glustercluster.Object, error) {
		var list struct{ Items []*glustercluster.Object }
		err := json.Unmarshal(answer, &list)
		return list.Items, err
	})
}
