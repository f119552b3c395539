package manifests

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

const several = `# a comment
---

---
# The class comes first.
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: gold
provisioner: gluster.org/glusterfs
parameters:
  resturl: http://heketi:8080
--- # and its Secret
apiVersion: v1
kind: Secret
metadata: {name: heketi, namespace: storage}
type: gluster.org/glusterfs
data: {ca.crt: cGVt}
stringData:
  key: |
    --- is no separator here
    secret
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {anything: goes}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata: {name: pictures, namespace: gallery}
  spec: {storageClassName: gold, volumeAttributesClassName: fast}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: other}}
`

func mustRead(t *testing.T, text string) []Object {
	t.Helper()
	objects, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func TestObjectsAreFound(t *testing.T) {
	for what, text := range map[string]string{"as it is": several, "with the line breaks of Windows": strings.ReplaceAll(several, "\n", "\r\n")} {
		objects := mustRead(t, text)
		if len(objects) != 3 {
			t.Fatalf("%s: found %+v", what, objects)
		}
		class, secret, claim := objects[0], objects[1], objects[2]
		if class.Line != 6 || class.Name != "StorageClass gold" || class.Class == nil || class.Class.Parameters["resturl"] != "http://heketi:8080" || class.Problem != "" {
			t.Errorf("%s: the class is %+v", what, class)
		}
		if secret.Line != 14 || secret.Name != "Secret storage/heketi" || secret.Secret == nil || string(secret.Secret.Data["ca.crt"]) != "pem" ||
			!strings.Contains(string(secret.Secret.Data["key"]), "--- is no separator here") || secret.Problem != "" {
			t.Errorf("%s: the Secret is %+v", what, secret)
		}
		if claim.Line != 29 || claim.Name != "PersistentVolumeClaim gallery/pictures" || claim.Claim == nil || claim.AttributesClass != "fast" || claim.Problem != "" {
			t.Errorf("%s: the claim is %+v", what, claim)
		}
	}
}

func TestWhatCannotBeReadIsTold(t *testing.T) {
	for text, want := range map[string]string{
		"a: [":                    "it is no YAML",
		"a: b\na: c":              `key "a" already set`,
		"a: b":                    "apiVersion or kind is missing",
		"kind: StorageClass":      "apiVersion or kind is missing",
		"just a text":             "json parse error",
		"[1, 2]":                  "json parse error",
		"apiVersion: 1\nkind: []": "json parse error",
		"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nparameters: [a]":                                 "cannot unmarshal",
		"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nparameter: {resturl: a}":                         `unknown field "parameter"; write it as Kubernetes does`,
		"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nreclaimpolicy: Retain":                           `unknown field "reclaimpolicy"`,
		"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nparameters: {gidMin: 2000}":                      "cannot unmarshal",
		"apiVersion: storage.k8s.io/v1beta1\nkind: StorageClass":                                             `apiVersion "storage.k8s.io/v1beta1": must be storage.k8s.io/v1`,
		"apiVersion: v1\nkind: PersistentVolumeClaim\nspec: {volumeAttributesClassName: a, storageclass: b}": `unknown field "spec.storageclass"`,
	} {
		objects := mustRead(t, "\n"+text)
		if len(objects) != 1 || objects[0].Line != 2 || !strings.Contains(objects[0].Problem, want) || strings.Contains(objects[0].Problem, "\n") {
			t.Errorf("%q: found %+v, want one in line 2 with problem %q", text, objects, want)
		}
	}
	for _, text := range []string{"", "\n\n", "---\n---", "# nothing", "--- \n# nothing\n---\t"} {
		if objects := mustRead(t, text); objects != nil {
			t.Errorf("%q: found %+v", text, objects)
		}
	}
}

func TestWhatIsTooLargeOrBreaksOff(t *testing.T) {
	if _, err := Read(strings.NewReader(strings.Repeat("#\n", maxBytes))); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("error is %v", err)
	}
	broken := errors.New("broken")
	if _, err := Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

// FuzzRead reads any text. What is found lies in it, and is told on one line.
func FuzzRead(f *testing.F) {
	f.Add(several)
	f.Add("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{}, null, 1]}]")
	f.Add("--- {apiVersion: v1, kind: Secret, data: {key: '!'}}\n--- |\n x\n...\n%YAML 1.2\n---\n&a [*a]")
	f.Add("apiVersion: v1\nkind: Secret\nstringData: {key: \"a\\nb\"}\nmetadata: {name: \"a\\nb\"}")
	f.Fuzz(func(t *testing.T, text string) {
		objects, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(text, "\n") + 1
		for _, object := range objects {
			if object.Line < 1 || object.Line > lines || strings.Contains(object.Problem, "\n") {
				t.Errorf("of %d lines: %+v", lines, object)
			}
			if object.Class == nil && object.Secret == nil && object.Claim == nil && object.Problem == "" {
				t.Errorf("neither an object nor a problem: %+v", object)
			}
		}
	})
}
