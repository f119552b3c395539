package integration

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/test/bench"
)

// TestGlusterfsHostIsAdmitted looks at what Kubernetes makes of deploy/glusterfs/: the pods are admitted, the binary
// takes their flags, and heketi finds what it looks for.
func TestGlusterfsHostIsAdmitted(t *testing.T) {
	file := func(name string) string { return filepath.Join(env.root, "deploy", "glusterfs", name) }
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "apply", "-f", file("00-namespace.yaml")))
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "apply", "--dry-run=server", "-f", file("30-daemonset.yaml")))
	var set appsv1.DaemonSet
	if err := yaml.UnmarshalStrict(must[[]byte](t)(os.ReadFile(file("30-daemonset.yaml"))), &set); err != nil {
		t.Fatal(err)
	}
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: unique("host"), Namespace: set.Namespace}, Spec: set.Spec.Template.Spec}
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, err := env.client.CoreV1().Pods(set.Namespace).Create(ctx, pod, dryRun)
		return err
	})

	if _, labeled := set.Spec.Template.Labels["glusterfs-node"]; !labeled {
		t.Error("heketi would not find the pods: they have no label glusterfs-node")
	}
	if kind := set.Spec.UpdateStrategy.Type; kind != appsv1.OnDeleteDaemonSetStrategyType {
		t.Errorf("the update strategy is %s, and nothing would wait for volumes to heal", kind)
	}
	binary := filepath.Join(t.TempDir(), "glusterfs-host")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/glusterfs-host")
	build.Dir = env.root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, container := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		// The version is printed once the flags are taken.
		if output, err := exec.CommandContext(t.Context(), binary, append(container.Args, "--version")...).CombinedOutput(); err != nil {
			t.Errorf("container %s: %v ended with %v: %s", container.Name, container.Args, err, output)
		}
		if container.LivenessProbe != nil {
			t.Errorf("container %s: a probe would end all bricks of the node", container.Name)
		}
	}
}
