package manifests

import (
	"fmt"
	"io"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/yaml"
)

// maxBytes bounds what is read of a file. An API server takes objects of 1.5 MiB at most.
const maxBytes = 16 << 20

// Object is one of a file. One of Class, Secret and Claim is set, unless nothing can be read of
// it.
type Object struct {
	// Line is where it begins, or where the list does that it is in.
	Line int
	// Name is its kind and name, as "StorageClass gold" or "Secret storage/heketi".
	Name string

	Class  *storagev1.StorageClass
	Secret *v1.Secret
	Claim  *v1.PersistentVolumeClaim
	// AttributesClass is the claim's volumeAttributesClassName.
	AttributesClass string

	// Problem says what cannot be read of it, with the remedy; empty if all can.
	Problem string
}

// Read returns the StorageClasses, Secrets and claims of YAML or JSON documents, also those in
// lists, and what cannot be read. Other kinds are left out. The error is that of reading.
func Read(from io.Reader) ([]Object, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBytes {
		return nil, fmt.Errorf("it has more than %d MiB; give a file with fewer objects", maxBytes>>20)
	}
	var objects []Object
	for _, document := range split(string(text)) {
		objects = append(objects, read(document)...)
	}
	return objects, nil
}

func read(document document) []Object {
	asJSON, err := yaml.YAMLToJSONStrict([]byte(document.text))
	if err != nil {
		return []Object{{Line: document.line, Name: "document", Problem: "it is no YAML: " + oneLine(err)}}
	}
	return decode(document.line, asJSON)
}

// decode returns the object that a JSON text is, or those of a list.
func decode(line int, text []byte) []Object {
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, known, known, json.SerializerOptions{Strict: true})
	object, kind, err := decoder.Decode(text, nil, nil)
	switch {
	case runtime.IsNotRegisteredError(err):
		if kind.Group == storagev1.GroupName && kind.Kind == "StorageClass" {
			return []Object{{Line: line, Name: kind.Kind, Problem: fmt.Sprintf("apiVersion %q: must be %s", kind.GroupVersion(), storagev1.SchemeGroupVersion)}}
		}
		return nil
	case runtime.IsMissingKind(err) || runtime.IsMissingVersion(err):
		return []Object{{Line: line, Name: "document", Problem: "apiVersion or kind is missing; write both"}}
	case err != nil && !runtime.IsStrictDecodingError(err):
		name := "document"
		if kind != nil {
			name = kind.Kind
		}
		return []Object{{Line: line, Name: name, Problem: oneLine(err)}}
	}
	if list, is := object.(*v1.List); is {
		var objects []Object
		for _, item := range list.Items {
			objects = append(objects, decode(line, item.Raw)...)
		}
		return objects
	}
	read := Object{Line: line}
	switch object := object.(type) {
	case *storagev1.StorageClass:
		read.Class, read.Name = object, "StorageClass "+object.Name
	case *v1.Secret:
		for key, value := range object.StringData {
			if object.Data == nil {
				object.Data = map[string][]byte{}
			}
			object.Data[key] = []byte(value)
		}
		read.Secret, read.Name = object, "Secret "+inNamespace(object.ObjectMeta)
	case *v1.PersistentVolumeClaim:
		read.Claim, read.Name = object, "PersistentVolumeClaim "+inNamespace(object.ObjectMeta)
		read.AttributesClass = attributesClass(text)
	}
	if err != nil {
		read.Problem = unknownFields(err, read.AttributesClass != "")
	}
	return []Object{read}
}

// inNamespace returns namespace and name, as far as they are given.
func inNamespace(meta metav1.ObjectMeta) string {
	if meta.Namespace == "" {
		return meta.Name
	}
	return meta.Namespace + "/" + meta.Name
}

const attributesClassField = `unknown field "spec.volumeAttributesClassName"`

// unknownFields says which fields there are not, or are given twice. One that this version of
// the types does not know, but Kubernetes does, is told of otherwise.
func unknownFields(err error, hasAttributesClass bool) string {
	strict, is := runtime.AsStrictDecodingError(err)
	if !is {
		return oneLine(err)
	}
	var problems []string
	for _, wrong := range strict.Errors() {
		if !hasAttributesClass || wrong.Error() != attributesClassField {
			problems = append(problems, oneLine(wrong)+"; write it as Kubernetes does, or remove it")
		}
	}
	return strings.Join(problems, "; ")
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// known are the kinds that are read.
var known = func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(v1.SchemeGroupVersion, &v1.Secret{}, &v1.PersistentVolumeClaim{}, &v1.List{})
	scheme.AddKnownTypes(storagev1.SchemeGroupVersion, &storagev1.StorageClass{})
	return scheme
}()
