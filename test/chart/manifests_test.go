package chart

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	selection "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"glusterfs-provisioner/deploy"
	"glusterfs-provisioner/test/bench"
)

// TestDefaultsAreTheManifests holds what the chart makes by default against deploy/ and deploy/csi/,
// field by field. Only the provisioner's Namespace is not in it: helm has to have it before.
func TestDefaultsAreTheManifests(t *testing.T) {
	h := newHelmer(t)
	expectSame(t, h.render(t), slices.DeleteFunc(manifests(t, deploy.Manifests, ".", "csi"), isNamespace(namespace)))
}

// TestSettingsAreTheVariants holds settings of the chart, as docs/chart.md tells them, against the folders
// by which kubectl makes the same.
func TestSettingsAreTheVariants(t *testing.T) {
	h := newHelmer(t)
	page, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(h.chart)), "docs", "chart.md"))
	if err != nil {
		t.Fatal(err)
	}
	for folder, setting := range map[string]string{
		"csi":                           "node.kubeletDir=/var/lib/kubelet", // k3s and RKE2
		"csi-variants/container-client": "node.client=container",
		"csi-variants/k0s":              "node.kubeletDir=/var/lib/k0s/kubelet",
		"csi-variants/microk8s":         "node.kubeletDir=/var/snap/microk8s/common/var/lib/kubelet",
	} {
		t.Run(folder, func(t *testing.T) {
			if !strings.Contains(string(page), "`"+setting+"`") {
				t.Errorf("docs/chart.md does not tell to set %s", setting)
			}
			plugins := slices.DeleteFunc(h.render(t, "--set="+setting), func(object unstructured.Unstructured) bool {
				return object.GetLabels()["app.kubernetes.io/name"] != "glusterfs-csi-node"
			})
			expectSame(t, plugins, kustomized(t, "deploy", folder))
		})
	}
}

// TestAnotherNamespace installs the release elsewhere, and holds it against deploy/another-namespace.
func TestAnotherNamespace(t *testing.T) {
	h := newHelmer(t)
	want := kustomized(t, "examples", "another-namespace")
	expectSame(t, h.render(t, "--namespace=storage"), slices.DeleteFunc(want, isNamespace("storage")))
}

// TestKustomizationsAreTheManifests has kubectl make the same of each folder, however it is told to.
func TestKustomizationsAreTheManifests(t *testing.T) {
	expectSame(t, kustomized(t, "deploy"), manifests(t, deploy.Manifests, "."))
	expectSame(t, kustomized(t, "deploy", "csi"), manifests(t, deploy.Manifests, "csi"))
	for _, folder := range []string{"glusterfs", "heketi", "network-policy", "network-policy/heketi", "secrets-in-namespaces"} {
		expectSame(t, kustomized(t, "deploy", folder), manifests(t, deploy.Options, folder))
	}
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
	policies := func(more ...string) []unstructured.Unstructured {
		return slices.DeleteFunc(h.render(t, append(more, "--set=networkPolicy.enabled=true")...), func(object unstructured.Unstructured) bool {
			return object.GetKind() != "NetworkPolicy"
		})
	}
	expectSame(t, policies(), manifests(t, deploy.Options, "network-policy"))
	want := manifests(t, deploy.Options, "network-policy", "network-policy/heketi")
	expectSame(t, policies("--set=heketi.enabled=true"), want)
	// heketi goes to hosts outside of the cluster by ssh.
	for i := range want {
		if want[i].GetName() == "heketi" {
			spec := want[i].Object["spec"].(map[string]any)
			spec["egress"] = append(spec["egress"].([]any), map[string]any{"ports": []any{map[string]any{"port": float64(2222)}}})
		}
	}
	expectSame(t, policies("--set=heketi.enabled=true,heketi.executor=ssh", "--set-string=heketi.settings.sshexec.port=2222"), want)
}

// TestNetworkPoliciesFitThePods looks for the pods that NetworkPolicies are for, and for the ports that they name.
func TestNetworkPoliciesFitThePods(t *testing.T) {
	pods := slices.Concat(manifests(t, deploy.Manifests, ".", "csi"), manifests(t, deploy.Options, "heketi"))
	for _, object := range manifests(t, deploy.Options, "network-policy", "network-policy/heketi") {
		var policy networkingv1.NetworkPolicy
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &policy, true); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(pods, func(pod unstructured.Unstructured) bool {
			labels, _, _ := unstructured.NestedStringMap(pod.Object, "spec", "template", "metadata", "labels")
			selector := policy.Spec.PodSelector.MatchLabels
			return pod.GetNamespace() == policy.Namespace && len(labels) > 0 && selection.SelectorFromSet(selector).Matches(selection.Set(labels))
		})
		if i < 0 {
			t.Errorf("NetworkPolicy %s is for no pod of deploy/", policy.Name)
			continue
		}
		opened := map[string]bool{}
		for _, rule := range policy.Spec.Ingress {
			for _, port := range rule.Ports {
				opened[port.Port.String()] = true
			}
		}
		if has := portsOf(t, pods[i]); !maps.Equal(opened, has) {
			t.Errorf("NetworkPolicy %s opens the ports %v, and its pods have %v", policy.Name, opened, has)
		}
	}
}

// portsOf are the names of the ports of a workload's pods.
func portsOf(t *testing.T, workload unstructured.Unstructured) map[string]bool {
	t.Helper()
	var template struct {
		Spec struct{ Template v1.PodTemplateSpec }
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(workload.Object, &template); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for i := range template.Spec.Template.Spec.Containers {
		for _, port := range template.Spec.Template.Spec.Containers[i].Ports {
			names[port.Name] = true
		}
	}
	return names
}

// TestOpenShift holds what the chart makes for OpenShift against deploy/openshift.
func TestOpenShift(t *testing.T) {
	h := newHelmer(t)
	want := slices.DeleteFunc(kustomized(t, "examples", "openshift"), isNamespace(namespace))
	expectSame(t, h.render(t, "--set=openshift.enabled=true,node.client=container"), want)
}

func isNamespace(name string) func(unstructured.Unstructured) bool {
	return func(object unstructured.Unstructured) bool {
		return object.GetKind() == "Namespace" && object.GetName() == name
	}
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
