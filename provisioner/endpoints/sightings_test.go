package endpoints

import (
	"reflect"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// Only what is compared is kept, and what is kept is not looked at again.
func TestSightings(t *testing.T) {
	identity := metav1.ObjectMeta{Namespace: "default", Name: name, ResourceVersion: "7"}
	service, endpoints := wantedService(), wantedEndpoints("10.0.0.1", "10.0.0.2")
	wrongService, wrongEndpoints := wantedService(), wantedEndpoints()
	wrongService.Spec.Type, wrongEndpoints.Subsets = v1.ServiceTypeExternalName, nil
	shared := wantedService()
	shared.Labels = map[string]string{LabelCluster: "5f2c"}
	for _, object := range []metav1.Object{service, endpoints, wrongService, wrongEndpoints, shared} {
		object.SetResourceVersion("7")
		object.SetAnnotations(map[string]string{"much": "text"})
	}
	configMap := &v1.ConfigMap{ObjectMeta: Owner{Namespace: "default", Cluster: "5f2c"}.meta(name)}
	mendConfigMap(configMap, []string{"10.0.0.1", "fd00::1"})
	emptyConfigMap, fullConfigMap := configMap.DeepCopy(), configMap.DeepCopy()
	emptyConfigMap.Data, fullConfigMap.Data["more"] = nil, "text"
	for _, object := range []metav1.Object{configMap, emptyConfigMap, fullConfigMap} {
		object.SetResourceVersion("7")
	}
	tombstone := cache.DeletedFinalStateUnknown{Key: "default/" + name, Obj: &sighting{ObjectMeta: identity}}
	for what, test := range map[string]struct{ object, want any }{
		"Service":           {service, &sighting{ObjectMeta: identity, fits: true}},
		"Endpoints":         {endpoints, &sighting{ObjectMeta: identity, fits: true, addresses: []string{"10.0.0.1", "10.0.0.2"}}},
		"Service to mend":   {wrongService, &sighting{ObjectMeta: identity}},
		"Endpoints to mend": {wrongEndpoints, &sighting{ObjectMeta: identity}},
		"shared Service":    {shared, &sighting{ObjectMeta: identity, fits: true, cluster: "5f2c"}},
		"ConfigMap":         {configMap, &sighting{ObjectMeta: identity, kind: inConfigMap, fits: true, cluster: "5f2c", addresses: []string{"10.0.0.1", "fd00::1"}}},
		"an empty one":      {emptyConfigMap, &sighting{ObjectMeta: identity, kind: inConfigMap, cluster: "5f2c"}},
		"one with more":     {fullConfigMap, &sighting{ObjectMeta: identity, kind: inConfigMap, cluster: "5f2c"}},
		"a sighting":        {tombstone.Obj, tombstone.Obj},
		"a sighting's end":  {tombstone, tombstone},
	} {
		if got, err := sightingOf(test.object); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, %v; want %+v", what, got, err, test.want)
		}
	}
}

func TestWhatIsShared(t *testing.T) {
	named := func(name, cluster string) *sighting {
		return &sighting{ObjectMeta: metav1.ObjectMeta{Name: name}, cluster: cluster}
	}
	for what, test := range map[string]struct {
		seen *sighting
		want bool
	}{
		"nothing":         {nil, false},
		"shared":          {named("glusterfs-dynamic-5f2c", "5f2c"), true},
		"a claim's":       {named("glusterfs-dynamic-5f2c", ""), false},
		"of another name": {named("gluster", "5f2c"), false},
	} {
		if got := test.seen.isShared(); got != test.want {
			t.Errorf("%s: got %v, want %v", what, got, test.want)
		}
	}
}
