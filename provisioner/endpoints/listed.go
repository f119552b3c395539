package endpoints

import (
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Endpoints returns the Service and the Endpoints of that name as Store makes them, for a
// person to apply. The Service has to be there first.
func Endpoints(name string, owner Owner, addresses []string) (*v1.Service, *v1.Endpoints) {
	service := &v1.Service{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: serviceForm.kind}, ObjectMeta: owner.meta(name)}
	serviceForm.mend(service, addresses)
	endpoints := &v1.Endpoints{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: endpointsForm.kind}, ObjectMeta: owner.meta(name)}
	endpointsForm.mend(endpoints, addresses)
	return service, endpoints
}

// ConfigMap does the same with a ConfigMap.
func ConfigMap(name string, owner Owner, addresses []string) *v1.ConfigMap {
	configMap := &v1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: configMapForm.kind}, ObjectMeta: owner.meta(name)}
	configMapForm.mend(configMap, addresses)
	return configMap
}
