package endpoints

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// The labels that mark what is made here.
const (
	// LabelClaim is the label with the claim's name that the in-tree plugin set
	// on Endpoints and Services. It marks them as made for a claim.
	LabelClaim = "gluster.kubernetes.io/provisioned-for-pvc"
	// LabelCluster is the label with the id of the heketi cluster whose volumes
	// share a Service and Endpoints, or a ConfigMap.
	LabelCluster = "gluster.org/heketi-cluster"
)

// discardPort is the port of the Endpoints. The mount ignores it, but Endpoints
// need one; the in-tree plugin used the same.
const discardPort = 1

// Owner is what something is made for: a claim, or all volumes of a heketi cluster.
type Owner struct {
	// Namespace is where it is.
	Namespace string
	// Name and UID are the claim's.
	Name string
	UID  types.UID
	// Cluster is the id of the heketi cluster; empty if it is a claim's.
	Cluster string
}

// label is what marks objects as the owner's. A claim's is its name, or its UID
// where the name is too long for a label; the limit is the in-tree plugin's.
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

// serviceFits says whether a Service keeps Endpoints as they are. With a selector,
// or as an external name, it would have Kubernetes write or delete them.
func serviceFits(service *v1.Service) bool {
	spec := service.Spec
	return spec.Type == v1.ServiceTypeClusterIP && len(spec.Selector) == 0 &&
		len(spec.Ports) == 1 && spec.Ports[0].Port == discardPort && spec.Ports[0].Protocol == v1.ProtocolTCP
}

// mendService gives a Service what serviceFits asks for. A cluster IP that it has
// stays, because it cannot be changed.
func mendService(service *v1.Service) {
	spec := &service.Spec
	if spec.ClusterIP == "" {
		spec.ClusterIP = v1.ClusterIPNone
	}
	spec.Type, spec.Selector, spec.ExternalName = v1.ServiceTypeClusterIP, nil, ""
	spec.Ports = []v1.ServicePort{{Protocol: v1.ProtocolTCP, Port: discardPort}}
}

func endpointsOf(name string, owner Owner, addresses []string) *v1.Endpoints {
	endpoints := &v1.Endpoints{ObjectMeta: owner.meta(name)}
	mendEndpoints(endpoints, addresses)
	return endpoints
}

// endpointsFit says whether Endpoints have these addresses, in this order, and
// nothing else.
func endpointsFit(endpoints *v1.Endpoints, addresses []string) bool {
	found, plain := plainAddresses(endpoints)
	return plain && slices.Equal(found, addresses)
}

// plainAddresses returns the addresses of Endpoints; false if there is more to
// these than what mendEndpoints writes.
func plainAddresses(endpoints *v1.Endpoints) ([]string, bool) {
	if endpoints.Labels[discoveryv1.LabelSkipMirror] != "true" || len(endpoints.Subsets) != 1 {
		return nil, false
	}
	subset := endpoints.Subsets[0]
	if len(subset.NotReadyAddresses) > 0 || len(subset.Ports) != 1 || subset.Ports[0] != (v1.EndpointPort{Port: discardPort, Protocol: v1.ProtocolTCP}) {
		return nil, false
	}
	var addresses []string
	for _, address := range subset.Addresses {
		if address != (v1.EndpointAddress{IP: address.IP}) {
			return nil, false
		}
		addresses = append(addresses, address.IP)
	}
	return addresses, true
}

// mendEndpoints gives Endpoints the addresses and nothing else.
func mendEndpoints(endpoints *v1.Endpoints, addresses []string) {
	// No traffic is ever routed to them, so no EndpointSlice is needed.
	metav1.SetMetaDataLabel(&endpoints.ObjectMeta, discoveryv1.LabelSkipMirror, "true")
	subset := v1.EndpointSubset{Ports: []v1.EndpointPort{{Port: discardPort, Protocol: v1.ProtocolTCP}}}
	for _, address := range addresses {
		subset.Addresses = append(subset.Addresses, v1.EndpointAddress{IP: address})
	}
	endpoints.Subsets = []v1.EndpointSubset{subset}
}
