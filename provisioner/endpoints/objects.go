package endpoints

import (
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// LabelClaim is the label with the claim's name that the in-tree plugin set on
// Endpoints and Services. It marks them as made for a claim.
const LabelClaim = "gluster.kubernetes.io/provisioned-for-pvc"

// discardPort is the port of the Endpoints. The mount ignores it, but Endpoints
// need one; the in-tree plugin used the same.
const discardPort = 1

// Owner is the claim that a Service and Endpoints are made for.
type Owner struct {
	Namespace, Name string
	UID             types.UID
}

// label is the claim's name, or its UID where the name is too long for a label;
// the limit is the in-tree plugin's.
func (o Owner) label() string {
	if len(o.Name) >= 63 {
		return string(o.UID)
	}
	return o.Name
}

func (o Owner) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:      name,
		Namespace: o.Namespace,
		Labels:    map[string]string{LabelClaim: o.label()},
	}
}

// service is headless: the in-tree plugin's spent a cluster IP on every claim,
// which nothing ever used.
func service(name string, owner Owner) *v1.Service {
	return &v1.Service{
		ObjectMeta: owner.meta(name),
		Spec: v1.ServiceSpec{
			Type:      v1.ServiceTypeClusterIP,
			ClusterIP: v1.ClusterIPNone,
			Ports:     []v1.ServicePort{{Protocol: v1.ProtocolTCP, Port: discardPort}},
		},
	}
}

func endpointsOf(name string, owner Owner, addresses []string) *v1.Endpoints {
	endpoints := &v1.Endpoints{ObjectMeta: owner.meta(name), Subsets: subsets(addresses)}
	// No traffic is ever routed to them, so no EndpointSlice is needed.
	endpoints.Labels[discoveryv1.LabelSkipMirror] = "true"
	return endpoints
}

func subsets(addresses []string) []v1.EndpointSubset {
	subset := v1.EndpointSubset{Ports: []v1.EndpointPort{{Port: discardPort, Protocol: v1.ProtocolTCP}}}
	for _, address := range addresses {
		subset.Addresses = append(subset.Addresses, v1.EndpointAddress{IP: address})
	}
	return []v1.EndpointSubset{subset}
}
