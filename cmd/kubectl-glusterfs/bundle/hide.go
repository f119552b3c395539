package bundle

import (
	"encoding/base64"
	"regexp"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"glusterfs-provisioner/provisioner/parameters"
)

// hidden is shown in place of what may be a key.
const hidden = "(hidden)"

var (
	// userInURL is a user, perhaps with a password, in a URL, such as a proxy's.
	userInURL = regexp.MustCompile(`://[^/@\s"']+@`)
	// keyInSettings is a key in a program's settings in JSON, such as one of heketi's users.
	keyInSettings = regexp.MustCompile(`(?i)("[^"]*(?:key|password|secret|token)"\s*:\s*)"(?:[^"\\]|\\.)*"`)
	// secretName begins or ends the names of environment variables whose values are nobody's business.
	secretName = regexp.MustCompile(`(?i)key|pass|secret|token|cred|auth`)
)

// hider takes keys out of texts.
type hider struct {
	// keys are those that stand in classes, as they are and in base64.
	keys []string
}

// newHider learns the keys that stand in classes.
func newHider(classes []unstructured.Unstructured) hider {
	var h hider
	for _, class := range classes {
		given, _, _ := unstructured.NestedStringMap(class.Object, "parameters")
		for name, value := range given {
			if key := strings.TrimSpace(value); parameters.IsKey(name) && key != "" {
				h.keys = append(h.keys, value, key, base64.StdEncoding.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte(key)))
			}
		}
	}
	return h
}

// text hides the keys in a text.
func (h hider) text(text string) string {
	for _, key := range h.keys {
		text = strings.ReplaceAll(text, key, hidden)
	}
	return userInURL.ReplaceAllString(text, "://"+hidden+"@")
}

// texts hides the keys in all texts of an object, before any format can spell them in another way.
func (h hider) texts(value any) any {
	switch value := value.(type) {
	case string:
		return h.text(value)
	case map[string]any:
		for name, inner := range value {
			value[name] = h.texts(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = h.texts(inner)
		}
	}
	return value
}

// object returns an object without what may be a key, and without what nobody reads.
func (h hider) object(object unstructured.Unstructured) unstructured.Unstructured {
	shown := *object.DeepCopy()
	shown.SetManagedFields(nil)
	// It repeats the object as it was applied, with all that is hidden.
	unstructured.RemoveNestedField(shown.Object, "metadata", "annotations", v1.LastAppliedConfigAnnotation)
	if shown.GroupVersionKind().GroupKind() == storagev1.SchemeGroupVersion.WithKind("StorageClass").GroupKind() {
		hideParameters(shown)
	}
	hideSettings(shown)
	hideVariables(shown.Object)
	h.texts(shown.Object)
	return shown
}

func hideParameters(class unstructured.Unstructured) {
	given, _, _ := unstructured.NestedMap(class.Object, "parameters")
	for name := range given {
		if parameters.MayBeKey(name) {
			given[name] = hidden
		}
	}
	if len(given) > 0 {
		class.Object["parameters"] = given
	}
}

// hideSettings hides keys in the settings that an object has, if it is a ConfigMap: no other has data.
func hideSettings(object unstructured.Unstructured) {
	files, _, _ := unstructured.NestedMap(object.Object, "data")
	for name, file := range files {
		if text, is := file.(string); is {
			files[name] = keyInSettings.ReplaceAllString(text, `$1"`+hidden+`"`)
		}
	}
	if len(files) > 0 {
		object.Object["data"] = files
	}
}

// hideVariables hides the values of containers' environment variables that are called like keys,
// wherever containers are in an object.
func hideVariables(value any) {
	switch value := value.(type) {
	case map[string]any:
		if variables, is := value["env"].([]any); is {
			for _, variable := range variables {
				hideVariable(variable)
			}
		}
		for _, inner := range value {
			hideVariables(inner)
		}
	case []any:
		for _, inner := range value {
			hideVariables(inner)
		}
	}
}

func hideVariable(variable any) {
	fields, _ := variable.(map[string]any)
	name, _ := fields["name"].(string)
	if _, given := fields["value"]; given && secretName.MatchString(name) {
		fields["value"] = hidden
	}
}
