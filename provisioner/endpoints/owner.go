package endpoints

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// The labels that mark what is made here.
const (
	// LabelClaim is the label with the claim's name on the Endpoints and the Service
	// of one claim. The in-tree plugin set the same.
	LabelClaim = "gluster.kubernetes.io/provisioned-for-pvc"
	// labelFormer is what the provisioner gluster.org/glusterfile set in its place
	// (createEndpointService in its sources).
	labelFormer = "gluster.org/provisioned-for-pvc"
	// LabelCluster is the label with the id of the heketi cluster whose volumes
	// share a Service and Endpoints, or a ConfigMap.
	LabelCluster = "gluster.org/heketi-cluster"
)

// Owner is what a listing is made for: a claim, or all volumes of a heketi cluster.
type Owner struct {
	// Namespace is the listing's.
	Namespace string
	// Name and UID are the claim's.
	Name string
	UID  types.UID
	// Cluster is the id of the heketi cluster; empty if it is a claim's.
	Cluster string
}

// label returns what marks objects as the owner's. A claim's value is its name, or its
// UID if the name is too long for a label; the limit is the in-tree plugin's.
func (o Owner) label() (key, value string) {
	switch {
	case o.Cluster != "":
		return LabelCluster, o.Cluster
	case len(o.Name) >= 63:
		return LabelClaim, string(o.UID)
	}
	return LabelClaim, o.Name
}

func (o Owner) meta(name string) metav1.ObjectMeta {
	key, value := o.label()
	return metav1.ObjectMeta{
		Name:      name,
		Namespace: o.Namespace,
		Labels:    map[string]string{key: value},
	}
}
