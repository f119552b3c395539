package endpoints

import (
	"strings"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// form says how the objects of one kind look as parts of a listing.
type form[T metav1.Object] struct {
	kind string
	// read returns the addresses that an object lists. It fits if it differs in nothing
	// else from what mend writes.
	read func(T) (addresses []string, fits bool)
	// mend has an object list these addresses and nothing else.
	mend func(object T, addresses []string)
}

// serviceForm is of Services. They list no addresses, but keep the Endpoints of their name.
var serviceForm = form[*v1.Service]{
	kind: "Service",
	read: func(service *v1.Service) ([]string, bool) { return nil, keepsEndpoints(service) },
	mend: func(service *v1.Service, _ []string) { mendService(service) },
}

var endpointsForm = form[*v1.Endpoints]{
	kind: "Endpoints",
	read: readEndpoints,
	mend: mendEndpoints,
}

var configMapForm = form[*v1.ConfigMap]{
	kind: "ConfigMap",
	read: readConfigMap,
	mend: mendConfigMap,
}

// discardPort is the port of the Endpoints. The mount ignores it, but Endpoints
// need one; the in-tree plugin used the same.
const discardPort = 1

// keepsEndpoints says whether a Service keeps Endpoints as they are. With a selector,
// or as an external name, it would have Kubernetes write or delete them.
func keepsEndpoints(service *v1.Service) bool {
	spec := service.Spec
	return spec.Type == v1.ServiceTypeClusterIP && len(spec.Selector) == 0 &&
		len(spec.Ports) == 1 && spec.Ports[0].Port == discardPort && spec.Ports[0].Protocol == v1.ProtocolTCP
}

// mendService makes a Service keep Endpoints. It is headless: the in-tree plugin spent
// a cluster IP on every claim, which nothing ever used. A cluster IP that it has stays,
// because it cannot be changed.
func mendService(service *v1.Service) {
	spec := &service.Spec
	if spec.ClusterIP == "" {
		spec.ClusterIP = v1.ClusterIPNone
	}
	spec.Type, spec.Selector, spec.ExternalName = v1.ServiceTypeClusterIP, nil, ""
	spec.Ports = []v1.ServicePort{{Protocol: v1.ProtocolTCP, Port: discardPort}}
}

func readEndpoints(endpoints *v1.Endpoints) ([]string, bool) {
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

func mendEndpoints(endpoints *v1.Endpoints, addresses []string) {
	// No traffic is ever routed to them, so no EndpointSlice is needed.
	metav1.SetMetaDataLabel(&endpoints.ObjectMeta, discoveryv1.LabelSkipMirror, "true")
	subset := v1.EndpointSubset{Ports: []v1.EndpointPort{{Port: discardPort, Protocol: v1.ProtocolTCP}}}
	for _, address := range addresses {
		subset.Addresses = append(subset.Addresses, v1.EndpointAddress{IP: address})
	}
	endpoints.Subsets = []v1.EndpointSubset{subset}
}

func readConfigMap(configMap *v1.ConfigMap) ([]string, bool) {
	text := configMap.Data[volume.HostsKey]
	if text == "" || len(configMap.Data) != 1 || len(configMap.BinaryData) > 0 {
		return nil, false
	}
	return strings.Split(text, ","), true
}

func mendConfigMap(configMap *v1.ConfigMap, addresses []string) {
	configMap.Data = map[string]string{volume.HostsKey: volume.HostsText(addresses)}
	configMap.BinaryData = nil
}
