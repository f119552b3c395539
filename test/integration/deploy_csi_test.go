package integration

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"glusterfs-provisioner/node/servers"
	"glusterfs-provisioner/test/bench"
)

// The namespace and the ServiceAccount that deploy/csi/ names.
const (
	nodeNamespace = "glusterfs-csi"
	nodeAccount   = "glusterfs-csi-node"
)

// installNodePlugin installs deploy/csi/, without the CSIDriver object, which all
// provisioners here would see.
func installNodePlugin(t *testing.T) {
	t.Helper()
	for _, file := range []string{"00-namespace.yaml", "10-rbac.yaml"} {
		must[[]byte](t)(env.cluster.Kubectl(t.Context(), "apply", "-f", nodeFile(file)))
	}
	for _, file := range []string{"20-csidriver.yaml", "30-daemonset.yaml"} {
		must[[]byte](t)(env.cluster.Kubectl(t.Context(), "apply", "--dry-run=server", "-f", nodeFile(file)))
	}
}

func nodeFile(name string) string { return filepath.Join(env.root, "deploy", "csi", name) }

// TestNodePluginIsAdmitted looks at what Kubernetes makes of deploy/csi/, and of what
// deploy/csi-variants/ makes of it: the pods are admitted, and the binary takes their flags.
func TestNodePluginIsAdmitted(t *testing.T) {
	installNodePlugin(t)
	binary := filepath.Join(t.TempDir(), "glusterfs-csi-node")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/glusterfs-csi-node")
	build.Dir = env.root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for name, text := range manifests(t) {
		set := pluginIn(t, text)
		dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}
		if _, err := env.client.AppsV1().DaemonSets(nodeNamespace).Create(t.Context(), set, dryRun); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: unique("plugin"), Namespace: nodeNamespace}, Spec: set.Spec.Template.Spec}
		bench.Eventually(t, soon, func(ctx context.Context) error {
			_, err := env.client.CoreV1().Pods(nodeNamespace).Create(ctx, pod, dryRun)
			return err
		})
		container := set.Spec.Template.Spec.Containers[0]
		if contained := strings.HasSuffix(name, "container-client"); contained != slices.Contains(container.Args, "--client=container") || contained != strings.HasSuffix(container.Image, "-with-client") {
			t.Errorf("%s: the container is %s %v", name, container.Image, container.Args)
		}
		mustTakeFlags(t, name, binary, &container)
	}
}

// mustTakeFlags runs the binary as a container does, save that it finds no cluster, of which
// it tells once it has taken the flags.
func mustTakeFlags(t *testing.T, name, binary string, container *v1.Container) {
	t.Helper()
	var variables []string
	for _, variable := range container.Env {
		variables = append(variables, "$("+variable.Name+")", variable.Value)
	}
	fill := strings.NewReplacer(variables...)
	arguments := []string{"--node-name=node"}
	for _, argument := range container.Args {
		arguments = append(arguments, fill.Replace(argument))
	}
	command := exec.CommandContext(t.Context(), binary, arguments...)
	command.Env = []string{}
	if output, err := command.CombinedOutput(); err == nil || !strings.Contains(string(output), "cannot find a Kubernetes cluster") {
		t.Errorf("%s: %v ended with %v: %s", name, arguments, err, output)
	}
}

// TestNodePluginReadsServers reads the servers of a cluster as the node plugin's
// ServiceAccount, which may do nothing else.
func TestNodePluginReadsServers(t *testing.T) {
	installNodePlugin(t)
	config := rest.CopyConfig(env.cluster.AdminConfig())
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + nodeNamespace + ":" + nodeAccount,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + nodeNamespace, "system:authenticated"},
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	cluster := fmt.Sprintf("%032x", 7)
	must[*v1.ConfigMap](t)(env.client.CoreV1().ConfigMaps(ourNamespace).Create(t.Context(), &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "glusterfs-cluster-" + cluster},
		Data:       map[string]string{"servers": "10.0.0.1,fd00::2"},
	}, metav1.CreateOptions{}))
	t.Cleanup(func() {
		if err := env.client.CoreV1().ConfigMaps(ourNamespace).Delete(context.Background(), "glusterfs-cluster-"+cluster, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	present := servers.NewPresent(client.CoreV1(), ourNamespace)
	// Roles that were just made count after a moment.
	bench.Eventually(t, soon, func(ctx context.Context) error {
		got, err := present.Of(ctx, cluster)
		if err == nil && fmt.Sprint(got) != "[10.0.0.1 fd00::2]" {
			err = bench.Final(fmt.Errorf("the servers are %v", got))
		}
		return err
	})
	if _, err := present.Of(t.Context(), fmt.Sprintf("%032x", 8)); err == nil || !strings.Contains(err.Error(), "there is no ConfigMap "+ourNamespace+"/glusterfs-cluster-") {
		t.Errorf("the servers of an unknown cluster: %v", err)
	}
	for what, err := range map[string]error{
		"list ConfigMaps":           second(client.CoreV1().ConfigMaps(ourNamespace).List(t.Context(), metav1.ListOptions{})),
		"get a ConfigMap elsewhere": second(client.CoreV1().ConfigMaps("default").Get(t.Context(), "kube-root-ca.crt", metav1.GetOptions{})),
		"get a Secret":              second(client.CoreV1().Secrets(ourNamespace).Get(t.Context(), "heketi", metav1.GetOptions{})),
		"get a PersistentVolume":    second(client.CoreV1().PersistentVolumes().Get(t.Context(), "pv", metav1.GetOptions{})),
		"get a node":                second(client.CoreV1().Nodes().Get(t.Context(), "node", metav1.GetOptions{})),
	} {
		if !apierrors.IsForbidden(err) {
			t.Errorf("it may %s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
