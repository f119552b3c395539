package bench_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"glusterfs-provisioner/test/bench"
)

const namespace = "example"

func TestCluster(t *testing.T) {
	t.Parallel()
	for _, version := range bench.Versions() {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			testCluster(t, version)
		})
	}
}

func testCluster(t *testing.T, version bench.Kubernetes) {
	cluster, err := bench.StartCluster(t.Context(), bench.Options{Kubernetes: version})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(cluster.Kubeconfig())
	t.Cleanup(func() { mustStop(t, cluster.Stop, dir) })

	client, err := kubernetes.NewForConfig(cluster.AdminConfig())
	if err != nil {
		t.Fatal(err)
	}
	create(t, client.CoreV1().Namespaces().Create, &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})

	mustKnowServiceAccount(t, cluster, client)
	mustHaveKubectl(t, cluster, version)
	mustBind(t, client, "before")

	if err := cluster.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{}); err == nil {
		t.Error("a stopped API server answers")
	}
	if err := cluster.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustBeBound(t, client, "before")
	mustBind(t, client, "after")
}

// create makes an object with the given function of a client.
func create[T any](t *testing.T, with func(context.Context, T, metav1.CreateOptions) (T, error), object T) {
	t.Helper()
	if _, err := with(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// mustKnowServiceAccount checks that a ServiceAccount's kubeconfig makes one that
// ServiceAccount, who is allowed nothing.
func mustKnowServiceAccount(t *testing.T, cluster *bench.Cluster, admin kubernetes.Interface) {
	t.Helper()
	const name = "somebody"
	create(t, admin.CoreV1().ServiceAccounts(namespace).Create, &v1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}})
	path, err := cluster.ServiceAccountKubeconfig(t.Context(), namespace, name)
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{})
	user := fmt.Sprintf("system:serviceaccount:%s:%s", namespace, name)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), user) {
		t.Errorf("got error %v, want that %s is forbidden to list secrets", err, user)
	}
}

func mustHaveKubectl(t *testing.T, cluster *bench.Cluster, version bench.Kubernetes) {
	t.Helper()
	output, err := cluster.Kubectl(t.Context(), "get", "namespace", namespace, "--output=name")
	if err != nil || string(output) != "namespace/"+namespace+"\n" {
		t.Errorf("kubectl says %q, error %v", output, err)
	}
	versions, err := cluster.Kubectl(t.Context(), "version")
	if want := fmt.Sprintf("Server Version: v%s\n", version); err != nil || !bytes.Contains(versions, []byte(want)) {
		t.Errorf("kubectl says %q, error %v, want %q in it", versions, err, want)
	}
	if _, err := cluster.Kubectl(t.Context(), "get", "nonsense"); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got error %v, want what kubectl says", err)
	}
}

// mustBind makes a volume and a claim for it, and waits until they are bound. The
// claim comes once the volume is Available: of one that they see before its volume,
// the controllers think again after 15 seconds only.
func mustBind(t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	noClass := ""
	size := v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}
	modes := []v1.PersistentVolumeAccessMode{v1.ReadWriteMany}
	create(t, client.CoreV1().PersistentVolumes().Create, &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1.PersistentVolumeSpec{
			Capacity:    size,
			AccessModes: modes,
			PersistentVolumeSource: v1.PersistentVolumeSource{
				Glusterfs: &v1.GlusterfsPersistentVolumeSource{EndpointsName: name, Path: name},
			},
		},
	})
	bench.Eventually(t, 2*bound, func(ctx context.Context) error {
		volume, err := client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{})
		if err == nil && volume.Status.Phase != v1.VolumeAvailable {
			err = fmt.Errorf("volume %s is %s", name, volume.Status.Phase)
		}
		return err
	})
	create(t, client.CoreV1().PersistentVolumeClaims(namespace).Create, &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1.PersistentVolumeClaimSpec{
			VolumeName:       name,
			StorageClassName: &noClass,
			AccessModes:      modes,
			Resources:        v1.ResourceRequirements{Requests: size},
		},
	})
	start := time.Now()
	mustBeBound(t, client, name)
	t.Logf("claim %s is bound after %s", name, time.Since(start).Round(time.Millisecond))
}

func mustBeBound(t *testing.T, client kubernetes.Interface, name string) {
	t.Helper()
	bench.Eventually(t, 2*bound, func(ctx context.Context) error {
		claim, err := client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if claim.Status.Phase != v1.ClaimBound {
			return fmt.Errorf("claim %s is %s", name, claim.Status.Phase)
		}
		return nil
	})
}

// mustStop checks that stopping leaves no process and no folder, and may be
// repeated.
func mustStop(t *testing.T, stop func() error, dir string) {
	t.Helper()
	if len(processesOf(t, dir)) == 0 {
		t.Errorf("no process works in %s, so this test would not see one that is left", dir)
	}
	for range 2 {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
	if left := processesOf(t, dir); len(left) > 0 {
		t.Errorf("processes are left: %q", left)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder %s is left, error %v", dir, err)
	}
}

// processesOf are the command lines that have the folder in them.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range paths {
		// One that cannot be read has just ended.
		if line, err := os.ReadFile(path); err == nil && bytes.Contains(line, []byte(dir)) {
			found = append(found, string(line))
		}
	}
	return found
}
