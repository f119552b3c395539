package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// The keys that stand where they should not.
const (
	keyInClass   = "swordfish"
	misspelled   = "marlin-4711"
	keyOfProxy   = "proxy-password"
	keyOfProcess = "environment-key"
)

// newKeyedClass has a key, one under a misspelled name, and both once more as they were applied.
func newKeyedClass() *storagev1.StorageClass {
	class := &storagev1.StorageClass{Provisioner: installed.Provisioner, Parameters: map[string]string{
		"resturl": "http://heketi:8080", "RestUserKey": keyInClass, "restuserkye": misspelled,
	}}
	class.Name = "gold"
	class.Annotations = map[string]string{v1.LastAppliedConfigAnnotation: `{"parameters":{"restuserkey":"` + keyInClass + `","restuserkye":"` + misspelled + `"}}`}
	return class
}

func newPod() *v1.Pod {
	pod := &v1.Pod{Status: v1.PodStatus{Phase: v1.PodRunning, ContainerStatuses: []v1.ContainerStatus{{Name: "provisioner", RestartCount: 1}}}}
	pod.Namespace, pod.Name, pod.Labels = installed.Namespace, "glusterfs-provisioner-1", map[string]string{"app.kubernetes.io/name": installed.Deployment}
	pod.Spec.Containers = []v1.Container{{Name: "provisioner", Ports: []v1.ContainerPort{{Name: installed.HTTPPort, ContainerPort: 8080}}, Env: []v1.EnvVar{
		{Name: "HTTPS_PROXY", Value: "http://user:" + keyOfProxy + "@proxy:3128"},
		{Name: "HEKETI_KEY", Value: keyOfProcess},
		{Name: "POD_NAMESPACE", ValueFrom: &v1.EnvVarSource{FieldRef: &v1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}},
	}}}
	return pod
}

// newKeptIn is a ConfigMap of the provisioner's namespace.
func newKeptIn(name, label, text string) *v1.ConfigMap {
	kept := &v1.ConfigMap{Data: map[string]string{"entry": text}}
	kept.Namespace, kept.Name = installed.Namespace, name
	if label != "" {
		kept.Labels = map[string]string{label: "1"}
	}
	return kept
}

func newVolume() *v1.PersistentVolume {
	pv := volume.Build("pvc-1", volume.Made{Source: volume.CSI, ID: "v1", Cluster: "c1", Heketi: volume.Heketi{URL: "http://heketi:8080"}}, &v1.PersistentVolumeClaim{}, newKeyedClass())
	pv.Spec.ClaimRef, pv.UID = &v1.ObjectReference{UID: "claim"}, "volume"
	return pv
}

func newClaim(name, uid string) *v1.PersistentVolumeClaim {
	claim := &v1.PersistentVolumeClaim{}
	claim.Namespace, claim.Name, claim.UID = "demo", name, "claim"
	if uid != "claim" {
		claim.UID = "other"
	}
	return claim
}

func newEvent(name, about, message string) *v1.Event {
	event := &v1.Event{Message: message, InvolvedObject: v1.ObjectReference{UID: "claim"}}
	if about != "claim" {
		event.InvolvedObject.UID = "other"
	}
	event.Namespace, event.Name = "demo", name
	return event
}

// metrics is what a pod answers through the API server.
type metrics string

func (m metrics) DoRaw(context.Context) ([]byte, error) { return []byte(m), nil }
func (m metrics) Stream(context.Context) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(string(m))), nil
}

// gathered returns the files of a bundle of a cluster with these objects.
func gathered(t *testing.T, objects ...runtime.Object) (files map[string]string, missing []string) {
	t.Helper()
	client := fake.NewSimpleClientset()
	client.AddProxyReactor("pods", func(clienttesting.Action) (bool, rest.ResponseWrapper, error) {
		return true, metrics("up 1\nkey " + base64.StdEncoding.EncodeToString([]byte(keyInClass))), nil
	})
	var out bytes.Buffer
	g := &gathering{
		Source: Source{
			Cluster: cluster.Cluster{Client: client, Installed: cluster.Installed{Provisioner: installed.Provisioner, Namespace: installed.Namespace, GlusterNamespace: installed.GlusterNamespace}},
			Dynamic: dynamicfake.NewSimpleDynamicClient(scheme.Scheme, objects...),
		},
		archive: newArchive(&out, "bundle", time.Now()),
	}
	classes := g.list(t.Context(), storageClasses, metav1.NamespaceAll, metav1.ListOptions{})
	g.hider = newHider(classes)
	g.storage(t.Context(), classes)
	g.working(t.Context())
	g.pods(t.Context())
	if err := g.close(); err != nil {
		t.Fatal(err)
	}
	return filesIn(t, &out), g.missing
}

func filesIn(t *testing.T, from io.Reader) map[string]string {
	t.Helper()
	zipped, err := gzip.NewReader(from)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for entries := tar.NewReader(zipped); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(entries)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(header.Name, "bundle/")] = string(text)
	}
}

// TestNoKeyIsInABundle puts keys where people have put them, and looks for them in each file.
func TestNoKeyIsInABundle(t *testing.T) {
	secret := &v1.Secret{Data: map[string][]byte{"key": []byte("in-the-secret")}}
	secret.Namespace, secret.Name = installed.Namespace, "heketi"
	files, missing := gathered(t, secret, newKeyedClass(), newPod(), newVolume(), newClaim("mine", "claim"),
		newEvent("mine", "claim", "the key was "+keyInClass), newKeptIn("journal", journal.LabelProvisioner, "key: "+keyInClass))
	if len(missing) > 0 {
		t.Errorf("not in the bundle: %q", missing)
	}
	for name, text := range files {
		for _, key := range []string{keyInClass, misspelled, keyOfProxy, keyOfProcess, "in-the-secret"} {
			if strings.Contains(text, key) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(key))) {
				t.Errorf("%s has the key %q:\n%s", name, key, text)
			}
		}
	}
	for name, texts := range map[string][]string{
		"storageclasses.yaml":    {"gold", "resturl: http://heketi:8080", hidden},
		"persistentvolumes.yaml": {"pvc-1", "gluster.org/heketi-volume-id: v1"},
		"events.yaml":            {"the key was " + hidden},
		"configmaps.yaml":        {"key: " + hidden},
		"pods.yaml":              {"http://" + hidden + "@proxy:3128", "fieldPath: metadata.namespace"},
		path.Join("metrics", installed.Namespace, "glusterfs-provisioner-1.txt"):                      {"up 1"},
		path.Join("logs", installed.Namespace, "glusterfs-provisioner-1", "provisioner.log"):          {"fake logs"},
		path.Join("logs", installed.Namespace, "glusterfs-provisioner-1", "provisioner.previous.log"): {"fake logs"},
	} {
		for _, text := range texts {
			if !strings.Contains(files[name], text) {
				t.Errorf("%s does not have %q:\n%s", name, text, files[name])
			}
		}
	}
}

// TestWhatIsOthersIsNotInABundle has objects that nobody needs to see.
func TestWhatIsOthersIsNotInABundle(t *testing.T) {
	local := &v1.PersistentVolume{}
	local.Name, local.Spec.HostPath = "local", &v1.HostPathVolumeSource{}
	pod := newPod()
	pod.Name, pod.Labels = "others-pod", nil
	files, _ := gathered(t, newVolume(), local, pod, newClaim("mine", "claim"), newClaim("others-claim", ""),
		newEvent("mine", "claim", "said"), newEvent("others-event", "", "said"),
		newKeptIn("journal", journal.LabelProvisioner, ""), newKeptIn(volume.HostsName("c1"), "", ""), newKeptIn("others-settings", "", ""))
	for name, text := range files {
		if strings.Contains(text, "others-") || strings.Contains(text, "name: local") {
			t.Errorf("%s has what is others':\n%s", name, text)
		}
	}
	for _, name := range []string{"journal", volume.HostsName("c1")} {
		if !strings.Contains(files["configmaps.yaml"], "name: "+name) {
			t.Errorf("ConfigMap %s is missing:\n%s", name, files["configmaps.yaml"])
		}
	}
}
