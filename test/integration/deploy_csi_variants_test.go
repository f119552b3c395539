package integration

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// usualKubeletDir is kubelet's --root-dir unless it is told another one.
const usualKubeletDir = "/var/lib/kubelet"

// manifests builds the manifests of the node plugin: deploy/csi, each folder that makes another
// of it, and these with the client of the container. They are named after the folders.
func manifests(t *testing.T) map[string]string {
	t.Helper()
	built := map[string]string{}
	deploy := filepath.Join(t.TempDir(), "deploy")
	if err := os.CopyFS(deploy, os.DirFS(filepath.Join(env.root, "deploy"))); err != nil {
		t.Fatal(err)
	}
	build := func(name, folder string) {
		built[name] = string(must[[]byte](t)(env.cluster.Kubectl(t.Context(), "kustomize", filepath.Join(deploy, folder))))
	}
	build("csi", "csi")
	for _, entry := range must[[]os.DirEntry](t)(os.ReadDir(filepath.Join(deploy, "csi-variants"))) {
		name, folder := entry.Name(), filepath.Join("csi-variants", entry.Name())
		file := filepath.Join(deploy, folder, "kustomization.yaml")
		text := string(must[[]byte](t)(os.ReadFile(file)))
		if strings.Contains(text, "kind: Component") {
			continue
		}
		build(name, folder)
		if name == "container-client" {
			continue
		}
		// This is what the file's own comment tells to do.
		contained := strings.Replace(text, "- ../../csi\n", "- ../container-client\n", 1)
		if err := os.WriteFile(file, []byte(contained), 0o600); err != nil {
			t.Fatal(err)
		}
		build(name+" with container-client", folder)
	}
	return built
}

// pluginIn returns the DaemonSet of manifests.
func pluginIn(t *testing.T, manifests string) *appsv1.DaemonSet {
	t.Helper()
	for manifest := range strings.SplitSeq(manifests, "\n---\n") {
		var set appsv1.DaemonSet
		if err := yaml.Unmarshal([]byte(manifest), &set); err == nil && set.Kind == "DaemonSet" {
			return &set
		}
	}
	t.Fatalf("there is no DaemonSet in %s", manifests)
	return nil
}

// TestOneSettingNamesKubeletsFolder looks at the manifests for kubelets with another folder: all
// paths are in it, and nothing else differs.
func TestOneSettingNamesKubeletsFolder(t *testing.T) {
	t.Parallel()
	built := manifests(t)
	for name, like := range map[string]string{
		"k0s": "csi", "microk8s": "csi",
		"k0s with container-client": "container-client", "microk8s with container-client": "container-client",
	} {
		folder, _, _ := strings.Cut(name, " ")
		var setting v1.ConfigMap
		text := must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "deploy", "csi-variants", folder, "kubelet-dir.yaml")))
		if err := yaml.UnmarshalStrict(text, &setting); err != nil {
			t.Fatal(err)
		}
		dir := setting.Data["path"]
		usual := strings.Count(strings.ReplaceAll(built[name], dir, ""), usualKubeletDir)
		if usual > 0 {
			t.Errorf("%s: %d paths are still in %s:\n%s", name, usual, usualKubeletDir, built[name])
		}
		if got := strings.ReplaceAll(built[name], dir, usualKubeletDir); got != built[like] {
			t.Errorf("%s: besides the folder, it differs from %s:\n%s", name, like, got)
		}
	}
}

// TestNothingIsMountedInWhatIsShared looks at all mounts of the plugin's container. What is mounted
// in a folder whose mounts are seen on the node is mounted on the node, too, and each start of
// the container leaves it there.
func TestNothingIsMountedInWhatIsShared(t *testing.T) {
	t.Parallel()
	var shared int
	for name, text := range manifests(t) {
		spec := pluginIn(t, text).Spec.Template.Spec
		for _, container := range slices.Concat(spec.InitContainers, spec.Containers) {
			for _, outer := range container.VolumeMounts {
				if outer.MountPropagation == nil || *outer.MountPropagation != v1.MountPropagationBidirectional {
					continue
				}
				shared++
				for _, inner := range container.VolumeMounts {
					if strings.HasPrefix(inner.MountPath, outer.MountPath+"/") {
						t.Errorf("%s: %s is mounted in %s, whose mounts are seen on the node", name, inner.MountPath, outer.MountPath)
					}
				}
			}
		}
	}
	if shared == 0 {
		t.Error("nowhere are mounts seen on the node, so the test says nothing")
	}
}
