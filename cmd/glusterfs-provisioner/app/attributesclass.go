package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	v1 "k8s.io/api/core/v1"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/rest"
)

// firstWithAttributesClasses is the first version of Kubernetes whose claims may name a
// VolumeAttributesClass. Source: its feature gate VolumeAttributesClass, alpha in 1.29.
var firstWithAttributesClasses = utilversion.MustParseGeneric("1.29")

// attributesClasses tells which VolumeAttributesClass a claim names. The claims of this
// client do not have the field, so it asks the API server about those that may have it.
type attributesClasses struct {
	core      rest.Interface
	apiServer func(context.Context) *utilversion.Version
}

// of returns the name of a claim's VolumeAttributesClass; empty if it names none.
func (a attributesClasses) of(ctx context.Context, claim *v1.PersistentVolumeClaim) (string, error) {
	if a.apiServer(ctx).LessThan(firstWithAttributesClasses) || !mayNameAttributesClass(claim) {
		return "", nil
	}
	text, err := a.core.Get().Namespace(claim.Namespace).Resource("persistentvolumeclaims").Name(claim.Name).
		SetHeader("Accept", "application/json").DoRaw(ctx)
	if err != nil {
		return "", fmt.Errorf("cannot tell whether the claim has a volumeAttributesClassName: %w", err)
	}
	var answer struct {
		Spec struct {
			VolumeAttributesClassName string `json:"volumeAttributesClassName"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", fmt.Errorf("cannot tell whether the claim has a volumeAttributesClassName: %w", err)
	}
	return answer.Spec.VolumeAttributesClassName, nil
}

// mayNameAttributesClass returns whether a claim may have the field. The API server notes in
// the managed fields who set which field; a claim without any tells nothing.
func mayNameAttributesClass(claim *v1.PersistentVolumeClaim) bool {
	for _, managed := range claim.ManagedFields {
		if managed.FieldsV1 == nil || bytes.Contains(managed.FieldsV1.Raw, []byte(`"f:volumeAttributesClassName"`)) {
			return true
		}
	}
	return len(claim.ManagedFields) == 0
}
