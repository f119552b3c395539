package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/keeper/glustercluster"
)

func newHost(node string, runs bool) *v1.Pod {
	pod := &v1.Pod{Spec: v1.PodSpec{NodeName: node, Containers: []v1.Container{{Name: "glusterfs"}}}}
	pod.Namespace, pod.Name, pod.Labels = installed.GlusterNamespace, "glusterfs-"+node, map[string]string{"app.kubernetes.io/name": installed.HostDaemonSet}
	pod.Status.InitContainerStatuses = []v1.ContainerStatus{{Name: "preflight"}}
	pod.Status.ContainerStatuses = []v1.ContainerStatus{{Name: "glusterfs"}}
	if runs {
		pod.Status.ContainerStatuses[0].State.Running = &v1.ContainerStateRunning{}
	}
	return pod
}

func newGlusterCluster() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": glustercluster.Resource.GroupVersion().String(), "kind": glustercluster.Kind, "metadata": map[string]any{"name": "disks"},
		"status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "message": "node-2 is not ready"}}},
	}}
}

func newSettings(name, text string) *v1.ConfigMap {
	settings := &v1.ConfigMap{Data: map[string]string{"heketi.json": text}}
	settings.Namespace, settings.Name = installed.GlusterNamespace, name
	return settings
}

// gatheredOfHosts returns the files about hosts of a cluster with these objects, where commands answer like that.
func gatheredOfHosts(t *testing.T, answer func(script string) (string, error), objects ...runtime.Object) (files map[string]string, missing []string) {
	t.Helper()
	var out bytes.Buffer
	kinds := map[schema.GroupVersionResource]string{glustercluster.Resource: glustercluster.Kind + "List"}
	g := &gathering{
		Source: Source{
			Cluster: cluster.Cluster{Client: fake.NewSimpleClientset()},
			Dynamic: dynamicfake.NewSimpleDynamicClientWithCustomListKinds(scheme.Scheme, kinds, objects...),
		},
		archive: newArchive(&out, "bundle", time.Now()),
		run: func(_ context.Context, pod *v1.Pod, words []string, stdout, _ io.Writer) error {
			said, err := answer(words[len(words)-1])
			fmt.Fprintln(stdout, pod.Name, said)
			return err
		},
	}
	g.storage(t.Context(), nil)
	g.commands(t.Context(), g.hosts(t.Context()))
	if err := g.close(); err != nil {
		t.Fatal(err)
	}
	return filesIn(t, &out), g.missing
}

// TestHostsAreInABundle has a host that runs, one that does not, an object that tells of it, and keys in settings.
func TestHostsAreInABundle(t *testing.T) {
	told := &v1.Event{Message: "node-2 is refused", InvolvedObject: v1.ObjectReference{Kind: glustercluster.Kind}, ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "told"}}
	secret := &v1.Secret{Data: map[string][]byte{"admin": []byte(keyOfProcess)}}
	secret.Namespace, secret.Name = installed.GlusterNamespace, "heketi-keys"
	files, missing := gatheredOfHosts(t, func(script string) (string, error) {
		if strings.Contains(script, "heal") {
			return "half of it", errors.New("glusterd is gone")
		}
		return "says", nil
	}, newHost("node-1", true), newHost("node-2", false), newGlusterCluster(), told, secret,
		newSettings("heketi-config", `{"jwt": {"admin": {"key" : "`+keyInClass+`\"7"}}, "keyfile": "/keys/ssh"}`), newSettings(clusterAuthorities, "others-"))
	for name, texts := range map[string][]string{
		"gluster/glusterclusters.yaml":                  {"node-2 is not ready"},
		"gluster/pods.yaml":                             {"glusterfs-node-1", "glusterfs-node-2"},
		"gluster/configmaps.yaml":                       {hidden, "/keys/ssh"},
		"gluster/node-1/pool.txt":                       {"glusterfs-node-1 says"},
		"gluster/heal.txt":                              {"half of it", "failed: glusterd is gone"},
		"logs/glusterfs/glusterfs-node-2/preflight.log": {"fake logs"},
		"logs/glusterfs/glusterfs-node-1/glusterfs.log": {"fake logs"},
		"events.yaml":                                   {"node-2 is refused"},
	} {
		for _, text := range texts {
			if !strings.Contains(files[name], text) {
				t.Errorf("%s does not have %q:\n%s", name, text, files[name])
			}
		}
	}
	for name, text := range files {
		for _, other := range []string{keyInClass, keyOfProcess, "others-"} {
			if strings.Contains(text, other) {
				t.Errorf("%s has %q:\n%s", name, other, text)
			}
		}
		if strings.HasPrefix(name, "gluster/node-2/") {
			t.Errorf("%s was asked of a host that does not run", name)
		}
	}
	if want := "gluster/heal.txt: glusterd is gone"; len(missing) != 1 || missing[0] != want {
		t.Errorf("not in the bundle: %q, want %q", missing, want)
	}
}

// TestBundleWithoutHosts is of a cluster that has no GlusterFS.
func TestBundleWithoutHosts(t *testing.T) {
	files, missing := gatheredOfHosts(t, func(string) (string, error) { return "", errors.New("asked") })
	if len(missing) > 0 {
		t.Errorf("not in the bundle: %q", missing)
	}
	for name := range files {
		if strings.HasPrefix(name, "gluster/") {
			t.Errorf("%s is in it", name)
		}
	}
}
