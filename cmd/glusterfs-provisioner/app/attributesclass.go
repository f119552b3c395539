package app

import (
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

// attributesClasses tells which VolumeAttributesClass a claim names. It asks the API
// server, because the claims of this client do not have the field.
type attributesClasses struct {
	core      rest.Interface
	apiServer func(context.Context) *utilversion.Version
}

// of returns the name of a claim's VolumeAttributesClass; empty if it names none.
func (a attributesClasses) of(ctx context.Context, claim *v1.PersistentVolumeClaim) (string, error) {
	if a.apiServer(ctx).LessThan(firstWithAttributesClasses) {
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
