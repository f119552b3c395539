package app

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest/fake"
)

func managing(fields string) []metav1.ManagedFieldsEntry {
	return []metav1.ManagedFieldsEntry{
		{Manager: "kubectl", FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(fields)}},
		{Manager: "kube-scheduler", FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:metadata":{}}`)}},
	}
}

// TestAttributesClassOf asks the API server only about claims that may have the field.
func TestAttributesClassOf(t *testing.T) {
	without := managing(`{"f:spec":{"f:accessModes":{},"f:storageClassName":{}}}`)
	with := managing(`{"f:spec":{"f:accessModes":{},"f:volumeAttributesClassName":{}}}`)
	for name, test := range map[string]struct {
		version string
		managed []metav1.ManagedFieldsEntry
		want    string
		asked   int
	}{
		"a claim without it":            {"1.36.3", without, "", 0},
		"a claim with it":               {"1.36.3", with, "gold", 1},
		"no managed fields":             {"1.36.3", nil, "gold", 1},
		"managed fields were cleared":   {"1.36.3", []metav1.ManagedFieldsEntry{{}}, "gold", 1},
		"a Kubernetes that has no such": {"1.25.0", nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			client := &fake.RESTClient{NegotiatedSerializer: scheme.Codecs, Client: fake.CreateHTTPClient(func(*http.Request) (*http.Response, error) {
				asked++
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"spec": {"volumeAttributesClassName": "gold"}}`))}, nil
			})}
			classes := attributesClasses{client, func(context.Context) *utilversion.Version { return utilversion.MustParseGeneric(test.version) }}
			got, err := classes.of(t.Context(), &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "pictures", ManagedFields: test.managed}})
			if got != test.want || err != nil || asked != test.asked {
				t.Errorf("got %q and %v, and asked %d times; want %q, asked %d times", got, err, asked, test.want, test.asked)
			}
		})
	}
}
