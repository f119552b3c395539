package predecessors

import (
	"reflect"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// TestHeketiOfPredecessor reads how to reach heketi where the predecessors have it.
func TestHeketiOfPredecessor(t *testing.T) {
	const url = "http://heketi:8080"
	ofClass := map[string]string{"resturl": url, "restuser": "admin", "restuserkey": "key"}
	asClass := volume.Heketi{URL: url, User: "admin", KeyInClass: true}
	for name, test := range map[string]struct {
		server     string
		parameters map[string]string
		want       volume.Heketi
		refused    string
	}{
		"the class":                      {"", ofClass, asClass, ""},
		"the annotation, with a Secret":  {"url:http://other:8080/,user:admin,secret:heketi,secretnamespace:storage", ofClass, volume.Heketi{URL: "http://other:8080", User: "admin", Secret: &volume.SecretRef{Namespace: "storage", Name: "heketi"}}, ""},
		"the annotation, key in class":   {"url:" + url + ",user:admin,secret:,secretnamespace:", ofClass, asClass, ""},
		"the annotation, no key":         {"url:http://open:8080,user:,secret:,secretnamespace:", nil, volume.Heketi{URL: "http://open:8080"}, ""},
		"neither":                        {"", nil, volume.Heketi{}, "resturl"},
		"the annotation, which is wrong": {"url:heketi/path,user:", nil, volume.Heketi{}, "annotation server"},
	} {
		t.Run(name, func(t *testing.T) {
			pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"server": test.server}}}
			got, err := heketiOf(pv, &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "slow"}, Parameters: test.parameters})
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) {
					t.Errorf("got %v, want %q", err, test.refused)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}
