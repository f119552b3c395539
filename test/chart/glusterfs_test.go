package chart

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"glusterfs-provisioner/deploy"
	"glusterfs-provisioner/host/preflight"
	"glusterfs-provisioner/test/bench"
)

// on and off switch GlusterFS hosts and heketi.
const (
	on  = "--set=glusterfs.enabled=true,heketi.enabled=true"
	off = "--set=glusterfs.enabled=false,heketi.enabled=false"
)

// TestGlusterFSAndHeketi holds what the switches add against deploy/glusterfs, deploy/heketi and
// deploy/heketi-ssh.
func TestGlusterFSAndHeketi(t *testing.T) {
	h := newHelmer(t)
	hosts, heketi := manifests(t, deploy.Options, "glusterfs"), manifests(t, deploy.Options, "heketi")
	// What the keeper asks for has to be there, also where the hosts' pods are made by something else.
	definition := slices.DeleteFunc(slices.Clone(hosts), func(object unstructured.Unstructured) bool {
		return object.GetKind() != "CustomResourceDefinition"
	})
	for set, want := range map[string][]unstructured.Unstructured{
		"--set=glusterfs.enabled=true": hosts,
		"--set=heketi.enabled=true":    slices.Concat(heketi, definition),
		on:                             slices.Concat(hosts, heketi),
		"--set=heketi.enabled=true,heketi.executor=ssh": kustomized(t, "deploy", "heketi-ssh"),
		on + ",glusterfs.namespace=storage-hosts":       inNamespace(t, "storage-hosts", slices.Concat(hosts, heketi)),
	} {
		t.Run(strings.TrimPrefix(set, "--set="), func(t *testing.T) {
			expectSame(t, withoutKeeping(t, h.render(t, set)), slices.Concat(h.render(t), want))
		})
	}
}

// withoutKeeping are objects without helm's order to keep them, which those have to have whose end is the
// end of disks and of heketi's database.
func withoutKeeping(t *testing.T, objects []unstructured.Unstructured) []unstructured.Unstructured {
	t.Helper()
	for _, object := range objects {
		annotations := object.GetAnnotations()
		kind, ofPlugin := object.GetKind(), object.GetLabels()["app.kubernetes.io/name"] == "glusterfs-csi-node"
		keeps := kind == "CustomResourceDefinition" || kind == "Namespace" && !ofPlugin
		if kept := annotations["helm.sh/resource-policy"] == "keep"; kept != keeps {
			t.Errorf("%s %s: helm keeps it is %t, want %t", kind, object.GetName(), kept, keeps)
		}
		if delete(annotations, "helm.sh/resource-policy"); len(annotations) == 0 {
			annotations = nil
		}
		object.SetAnnotations(annotations)
	}
	return objects
}

// inNamespace are objects of the namespace glusterfs, in another one.
func inNamespace(t *testing.T, namespace string, objects []unstructured.Unstructured) (moved []unstructured.Unstructured) {
	t.Helper()
	for _, object := range objects {
		text, err := json.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), `"namespace":"glusterfs"`, `"namespace":"`+namespace+`"`))
		var there unstructured.Unstructured
		if err := json.Unmarshal(text, &there.Object); err != nil {
			t.Fatal(err)
		}
		if there.GetKind() == "Namespace" {
			there.SetName(namespace)
		}
		moved = append(moved, there)
	}
	return moved
}

// TestChecksThatMayBeSkipped holds the schema against the checks that there are.
func TestChecksThatMayBeSkipped(t *testing.T) {
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "deploy", "chart", "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	names, _, err := unstructured.NestedStringSlice(schema, "properties", "glusterfs", "properties", "skipChecks", "items", "enum")
	if difference := cmp.Diff(preflight.Names(), names); err != nil || difference != "" {
		t.Errorf("values.schema.json lets other checks be skipped (-want +got), %v:\n%s", err, difference)
	}
}

// TestDisksAndDatabaseStay removes GlusterFS and heketi by an upgrade and with the release, and sees that what says
// which disks there are, and what is in heketi, is there when they come back.
func TestDisksAndDatabaseStay(t *testing.T) {
	for version, helm := range map[bench.Kubernetes]bench.Helm{bench.OldestKubernetes: bench.Helm3, bench.DefaultKubernetes: bench.Helm4} {
		t.Run("helm "+string(helm)+" on "+string(version), func(t *testing.T) {
			disksAndDatabaseStay(newScene(t, newHelmerOf(t, helm), version))
		})
	}
}

func disksAndDatabaseStay(s *scene) {
	s.Helper()
	cluster := filepath.Join(filepath.Dir(filepath.Dir(s.helmer.chart)), "examples", "glustercluster.yaml")
	s.helm("install", "--create-namespace", on)
	bench.Eventually(s.T, time.Minute, func(ctx context.Context) error {
		_, err := s.cluster.Kubectl(ctx, "apply", "-f", cluster)
		return err
	})
	s.kubectl("create", "secret", "generic", "heketi-database", "--namespace=glusterfs")
	kept := []string{"get", "glustercluster/glusterfs", "secret/heketi-database", "--namespace=glusterfs", "-o", "jsonpath={.items[*].metadata.uid}"}
	running := []string{"get", "daemonset,deployment", "--namespace=glusterfs", "-o", "name"}
	was := s.kubectl(kept...)

	s.helm("upgrade", off)
	s.expect("", running...)
	s.expect(was, kept...)
	s.helm("upgrade", on)
	s.helm("uninstall")
	s.kubectl("wait", "--for=delete", "namespace/glusterfs-csi", "--timeout=1m")
	s.expect("", running...)
	s.expect(was, kept...)
	s.release = "storage"
	s.helm("install", on, "--take-ownership")
	s.expect("daemonset.apps/glusterfs\ndeployment.apps/heketi", running...)
	s.expect(was, kept...)

	s.kubectl("delete", "-f", cluster)
	s.remove()
}
