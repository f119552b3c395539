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
	expectSame(t, h.render(t), slices.DeleteFunc(manifests(t, deploy.Manifests, ".", "csi"), isOurNamespace))
}

// TestSettingsAreTheVariants holds settings of the chart against the folders by which kubectl makes
// the same.
func TestSettingsAreTheVariants(t *testing.T) {
	h := newHelmer(t)
	for variant, settings := range map[string][]string{
		"container-client": {"--set=node.client=container"},
		"k0s":              {"--set=node.kubeletDir=/var/lib/k0s/kubelet"},
		"microk8s":         {"--set=node.kubeletDir=/var/snap/microk8s/common/var/lib/kubelet"},
	} {
		t.Run(variant, func(t *testing.T) {
			plugins := slices.DeleteFunc(h.render(t, settings...), func(object unstructured.Unstructured) bool {
				return object.GetLabels()["app.kubernetes.io/name"] != "glusterfs-csi-node"
			})
			expectSame(t, plugins, kustomized(t, "deploy", "csi-variants", variant))
		})
	}
}

// TestKustomizationsAreTheManifests has kubectl make the same of both folders, however it is told to.
func TestKustomizationsAreTheManifests(t *testing.T) {
	expectSame(t, kustomized(t, "deploy"), manifests(t, deploy.Manifests, "."))
	expectSame(t, kustomized(t, "deploy", "csi"), manifests(t, deploy.Manifests, "csi"))
}

// kustomized are the objects that kubectl makes of a folder of the repository that has a kustomization.
func kustomized(t *testing.T, folder ...string) []unstructured.Unstructured {
	t.Helper()
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	binaries, err := bench.BuildCluster(t.Context(), root, bench.DefaultKubernetes, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	text, err := bench.Run(t.Context(), nil, binaries.Kubectl, "kustomize", filepath.Join(append([]string{root}, folder...)...))
	if err != nil {
		t.Fatal(err)
	}
	return objectsIn(t, text)
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
		for _, object := range manifests(t, deploy.Options, "secrets-in-namespaces") {
			object.SetNamespace(namespace)
			want = append(want, object)
		}
	}
	expectSame(t, rights, want)
}

// TestNetworkPolicies holds those of the chart against deploy/network-policy.
func TestNetworkPolicies(t *testing.T) {
	h := newHelmer(t)
	policies := slices.DeleteFunc(h.render(t, "--set=networkPolicy.enabled=true"), func(object unstructured.Unstructured) bool {
		return object.GetKind() != "NetworkPolicy"
	})
	expectSame(t, policies, manifests(t, deploy.Options, "network-policy"))
}

// TestOpenShift has the differences that OpenShift wants, and no others.
func TestOpenShift(t *testing.T) {
	h := newHelmer(t)
	usual, there := byName(h.render(t)), byName(h.render(t, "--set=openshift.enabled=true"))
	var differ []string
	for name, object := range there {
		if !cmp.Equal(object, usual[name]) {
			differ = append(differ, name)
		}
	}
	slices.Sort(differ)
	want := []string{
		"ClusterRole//glusterfs-provisioner", "Deployment/glusterfs-provisioner/glusterfs-provisioner",
		"RoleBinding/glusterfs-csi/glusterfs-csi-node-privileged",
	}
	if !slices.Equal(differ, want) {
		t.Errorf("for OpenShift %q differ, want %q", differ, want)
	}
	user, _, err := unstructured.NestedMap(there[want[1]].(map[string]any), "spec", "template", "spec", "securityContext")
	if _, set := user["runAsUser"]; set || err != nil {
		t.Errorf("the provisioner's pods have %v, %v, want no user", user, err)
	}
}

func isOurNamespace(object unstructured.Unstructured) bool {
	return object.GetKind() == "Namespace" && object.GetName() == namespace
}

// manifests are the objects of folders of deploy/.
func manifests(t *testing.T, files fs.FS, folders ...string) (objects []unstructured.Unstructured) {
	t.Helper()
	for _, folder := range folders {
		names, err := fs.Glob(files, path.Join(folder, "*.yaml"))
		if err != nil || len(names) == 0 {
			t.Fatalf("deploy/%s has the files %q: %v", folder, names, err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
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
