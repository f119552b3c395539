package chart

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"glusterfs-provisioner/deploy"
	"glusterfs-provisioner/test/bench"
)

// TestDefaultsAreTheManifests holds what the chart makes by default against deploy/ and deploy/csi/,
// field by field. Only the provisioner's Namespace is not in it: helm has to have it before.
func TestDefaultsAreTheManifests(t *testing.T) {
	h := newHelmer(t)
	expectSame(t, h.render(t), slices.DeleteFunc(manifests(t, ".", "csi"), isOurNamespace))
}

// TestSettingsAreTheVariants holds settings of the chart against the folders by which kubectl makes
// the same.
func TestSettingsAreTheVariants(t *testing.T) {
	h := newHelmer(t)
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	binaries, err := bench.BuildCluster(t.Context(), root, bench.DefaultKubernetes, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	for variant, settings := range map[string][]string{
		"container-client": {"--set=node.client=container"},
		"k0s":              {"--set=node.kubeletDir=/var/lib/k0s/kubelet"},
		"microk8s":         {"--set=node.kubeletDir=/var/snap/microk8s/common/var/lib/kubelet"},
	} {
		t.Run(variant, func(t *testing.T) {
			text, err := bench.Run(t.Context(), h.environment, binaries.Kubectl, "kustomize", filepath.Join(root, "deploy", "csi-variants", variant))
			if err != nil {
				t.Fatal(err)
			}
			plugins := slices.DeleteFunc(h.render(t, settings...), func(object unstructured.Unstructured) bool {
				return object.GetLabels()["app.kubernetes.io/name"] != "glusterfs-csi-node"
			})
			expectSame(t, plugins, objectsIn(t, text))
		})
	}
}

// TestSecretsOfSomeNamespaces holds the Roles in chosen namespaces against deploy/secrets-in-namespaces.
func TestSecretsOfSomeNamespaces(t *testing.T) {
	h := newHelmer(t)
	isRight := func(object unstructured.Unstructured) bool {
		return object.GetName() == "glusterfs-provisioner-secrets"
	}
	rights := slices.DeleteFunc(h.render(t, "--set=rbac.secretNamespaces={one,two}"), func(object unstructured.Unstructured) bool { return !isRight(object) })
	var want []unstructured.Unstructured
	for _, namespace := range []string{"one", "two"} {
		for _, object := range manifests(t, "secrets-in-namespaces") {
			object.SetNamespace(namespace)
			want = append(want, object)
		}
	}
	expectSame(t, rights, want)
}

func isOurNamespace(object unstructured.Unstructured) bool {
	return object.GetKind() == "Namespace" && object.GetName() == namespace
}

// manifests are the objects of folders of deploy/.
func manifests(t *testing.T, folders ...string) (objects []unstructured.Unstructured) {
	t.Helper()
	for _, folder := range folders {
		files, err := fs.Glob(deploy.Manifests, path.Join(folder, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("deploy/%s has the files %q: %v", folder, files, err)
		}
		for _, file := range files {
			text, err := fs.ReadFile(deploy.Manifests, file)
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, objectsIn(t, text)...)
		}
	}
	return objects
}

func expectSame(t *testing.T, got, want []unstructured.Unstructured) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("there is nothing to compare with")
	}
	if difference := cmp.Diff(byName(want), byName(got)); difference != "" {
		t.Errorf("the chart makes something else (-want +got):\n%s", difference)
	}
}

func byName(objects []unstructured.Unstructured) map[string]any {
	named := map[string]any{}
	for _, object := range objects {
		named[strings.Join([]string{object.GetKind(), object.GetNamespace(), object.GetName()}, "/")] = object.Object
	}
	return named
}
