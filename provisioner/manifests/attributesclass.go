package manifests

import "encoding/json"

// attributesClass returns the name of the VolumeAttributesClass that a claim asks for. This
// version of the types has no such field.
func attributesClass(claim []byte) string {
	var asked struct {
		Spec struct{ VolumeAttributesClassName *string }
	}
	if err := json.Unmarshal(claim, &asked); err != nil || asked.Spec.VolumeAttributesClassName == nil {
		return ""
	}
	return *asked.Spec.VolumeAttributesClassName
}
