package conversion

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"

	v1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/provisioner/volume"
)

// text is a PersistentVolume as the API server writes it in JSON. It has all fields, those
// of newer versions of Kubernetes included, which this client's types would leave out.
type text map[string]any

// readText reads JSON or YAML.
func readText(written []byte) (text, error) {
	var t text
	if err := yaml.Unmarshal(written, &t); err != nil {
		return nil, err
	}
	return t, nil
}

// yaml returns the text for people, who may give it to kubectl.
func (t text) yaml() (string, error) {
	written, err := yaml.Marshal(t)
	return string(written), err
}

// typed returns what this client knows of it.
func (t text) typed() (*v1.PersistentVolume, error) {
	written, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	var pv v1.PersistentVolume
	return &pv, json.Unmarshal(written, &pv)
}

// object returns a part of it that has parts itself; nil if there is none.
func (t text) object(name string) map[string]any {
	part, _ := t[name].(map[string]any)
	return part
}

// keptMetadata are the fields of the metadata that people and programs have written. The
// API server writes the others.
var keptMetadata = []string{"name", "labels", "annotations", "ownerReferences"}

// kept returns a copy of what is the same before and after a conversion, but for what the
// plan changes. It shares no maps with the text but those that nobody changes.
func (t text) kept() text {
	metadata := map[string]any{}
	for _, name := range keptMetadata {
		if value, ok := t.object("metadata")[name]; ok {
			metadata[name] = value
		}
	}
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		metadata["annotations"] = maps.Clone(annotations)
	}
	spec := maps.Clone(t.object("spec"))
	if claim, ok := spec["claimRef"].(map[string]any); ok {
		claim = maps.Clone(claim)
		// It is of the claim as it was when it was bound, and means nothing any more.
		delete(claim, "resourceVersion")
		spec["claimRef"] = claim
	}
	delete(spec, "persistentVolumeReclaimPolicy")
	return text{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}
}

// saysTheSame says whether two texts differ in nothing that a conversion keeps.
func (t text) saysTheSame(other text) bool { return reflect.DeepEqual(t.kept(), other.kept()) }

// successor returns the PersistentVolume that is to come in this one's place. Its reclaim
// policy is Retain, so that nothing is deleted before it is bound.
func (t text) successor(plan Plan) (text, error) {
	next := t.kept()
	spec := next.object("spec")
	for _, source := range []volume.Source{volume.Glusterfs, volume.CSI} {
		delete(spec, string(source))
	}
	written, err := json.Marshal(volume.MountedFrom(plan.Made))
	if err == nil {
		err = json.Unmarshal(written, &spec)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write its source: %w", err)
	}
	spec["persistentVolumeReclaimPolicy"] = string(v1.PersistentVolumeReclaimRetain)
	annotations, _ := next.object("metadata")["annotations"].(map[string]any)
	if annotations == nil {
		annotations = map[string]any{}
		next.object("metadata")["annotations"] = annotations
	}
	if options, found := annotations[v1.MountOptionAnnotation].(string); found && plan.Made.Source == volume.CSI {
		// Only for kubelet's own plugins may they be there; they count instead of the field.
		delete(annotations, v1.MountOptionAnnotation)
		spec["mountOptions"] = strings.Split(options, ",")
	}
	for name, value := range plan.Annotations {
		annotations[name] = value
		if value == "" {
			delete(annotations, name)
		}
	}
	delete(annotations, volume.AnnotationConvertTo)
	delete(annotations, volume.AnnotationPolicy)
	return next, nil
}
