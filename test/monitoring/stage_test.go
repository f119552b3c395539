package monitoring

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/test/bench"
)

const (
	// patience bounds each wait.
	patience = 3 * time.Minute
	// provisionerName is what the classes name, and lease what its leader's Lease is called.
	provisionerName = "gluster.org/glusterfs"
	lease           = "gluster.org-glusterfs"
	// ours and plugins are the namespaces of deploy/.
	ours    = "glusterfs-provisioner"
	plugins = "glusterfs-csi"
	// claims is where the claims are.
	claims = "pictures"
	// node is what the pods are said to run on. No kubelet is there.
	node = "node-1"
)

// onlyIfWanted skips what "make monitoring" runs, which builds Prometheus.
func onlyIfWanted(t *testing.T) {
	t.Helper()
	if os.Getenv("MONITORING") == "" {
		t.Skip(`it builds Prometheus, so only "make monitoring" runs it`)
	}
}

// must returns the value of a call that has to succeed.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// stage is a control plane on which deploy/ is installed, with the processes that its pods would
// run, and objects for these pods, by which Prometheus finds them.
type stage struct {
	root, logs string
	cluster    *bench.Cluster
	client     kubernetes.Interface
	kubeconfig string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{root: rootOf(t), logs: t.TempDir()}
	s.cluster = must[*bench.Cluster](t)(bench.StartCluster(t.Context(), bench.Options{}))
	stopAtEnd(t, s.cluster.Stop)
	s.client = must[kubernetes.Interface](t)(kubernetes.NewForConfig(s.cluster.AdminConfig()))
	for _, file := range []string{"deploy", "deploy/csi/00-namespace.yaml", "deploy/csi/10-rbac.yaml", "deploy/csi/20-csidriver.yaml"} {
		must[[]byte](t)(s.cluster.Kubectl(t.Context(), "apply", "-f", filepath.Join(s.root, file)))
	}
	// No node runs the Deployment's pods; the test makes those that it needs.
	must[[]byte](t)(s.cluster.Kubectl(t.Context(), "-n", ours, "delete", "deployment", "glusterfs-provisioner"))
	s.kubeconfig = must[string](t)(s.cluster.ServiceAccountKubeconfig(t.Context(), ours, "glusterfs-provisioner"))
	for _, namespace := range []string{claims, "elsewhere"} {
		must[*v1.Namespace](t)(s.client.CoreV1().Namespaces().Create(t.Context(), &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}))
	}
	must[*v1.Node](t)(s.client.CoreV1().Nodes().Create(t.Context(), &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}, metav1.CreateOptions{}))
	return s
}

func stopAtEnd(t *testing.T, stop func() error) {
	t.Helper()
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// program is the path of what "make build" has built.
func (s *stage) program(name string) string { return filepath.Join(s.root, "bin", name) }

// process is a program that serves metrics, and the object of the pod that it stands for.
type process struct {
	*bench.Process
	pod *v1.Pod
}

var servingAt = regexp.MustCompile(`Serving .* address="127\.0\.0\.1:(\d+)"`)

// start runs a command, which runs a program of bin/, and makes the object of the program's pod.
func (s *stage) start(t *testing.T, program, namespace, podName string, command ...string) *process {
	t.Helper()
	started := must[*bench.Process](t)(bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: command[0], Args: append(command[1:], "--http-address=127.0.0.1:0", "--v=2"), Log: filepath.Join(s.logs, podName+".log"),
	}))
	t.Cleanup(func() {
		if err := started.Kill(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", podName, tail(started.Output()))
		}
	})
	var port int32
	bench.Eventually(t, patience, func(context.Context) error {
		found := servingAt.FindStringSubmatch(started.Output())
		if found == nil {
			err := fmt.Errorf("%s does not say where it serves:\n%s", podName, started.Output())
			select {
			case <-started.Ended():
				err = bench.Final(err)
			default:
			}
			return err
		}
		port = int32(numberOf(found[1]))
		return nil
	})
	return &process{started, s.makePod(t, program, namespace, podName, port)}
}

func tail(text string) string { return text[max(0, len(text)-6000):] }

// makePod makes the object of a pod that runs on this machine.
func (s *stage) makePod(t *testing.T, program, namespace, name string, port int32) *v1.Pod {
	t.Helper()
	no := false
	pods := s.client.CoreV1().Pods(namespace)
	pod := must[*v1.Pod](t)(pods.Create(t.Context(), &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app.kubernetes.io/name": program}},
		Spec: v1.PodSpec{
			NodeName: node, Tolerations: []v1.Toleration{{Operator: v1.TolerationOpExists}},
			SecurityContext: &v1.PodSecurityContext{RunAsNonRoot: ptr(true), SeccompProfile: &v1.SeccompProfile{Type: v1.SeccompProfileTypeRuntimeDefault}},
			Containers: []v1.Container{{
				Name: "main", Image: program + ":0.1.0",
				Ports:           []v1.ContainerPort{{Name: "http", ContainerPort: port}},
				SecurityContext: &v1.SecurityContext{AllowPrivilegeEscalation: &no, Capabilities: &v1.Capabilities{Drop: []v1.Capability{"ALL"}}},
			}},
		},
	}, metav1.CreateOptions{}))
	pod.Status = v1.PodStatus{Phase: v1.PodRunning, PodIP: "127.0.0.1", PodIPs: []v1.PodIP{{IP: "127.0.0.1"}}}
	return must[*v1.Pod](t)(pods.UpdateStatus(t.Context(), pod, metav1.UpdateOptions{}))
}

func ptr[T any](value T) *T { return &value }

// end ends a process and removes its pod's object, as when a pod is deleted.
func (s *stage) end(t *testing.T, p *process) {
	t.Helper()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.client.CoreV1().Pods(p.pod.Namespace).Delete(t.Context(), p.pod.Name, metav1.DeleteOptions{GracePeriodSeconds: ptr(int64(0))}); err != nil {
		t.Fatal(err)
	}
}

// provisioner starts a replica that retries, audits and looks after Endpoints within seconds.
func (s *stage) provisioner(t *testing.T, podName string, args ...string) *process {
	t.Helper()
	return s.start(t, "glusterfs-provisioner", ours, podName, append([]string{
		s.program("glusterfs-provisioner"), "--kubeconfig=" + s.kubeconfig, "--namespace=" + ours,
		"--retry-interval-start=200ms", "--retry-interval-max=2s", "--audit-interval=5s", "--endpoints-sync=2s", "--heketi-request-timeout=5s",
		"--leader-elect-lease-duration=5s", "--leader-elect-renew-deadline=4s", "--leader-elect-retry-period=1s",
	}, args...)...)
}

// heketi starts a heketi that asks for a key.
func (s *stage) heketi(t *testing.T, options bench.HeketiOptions) *bench.Heketi {
	t.Helper()
	options.Auth = true
	heketi := must[*bench.Heketi](t)(bench.StartHeketi(t.Context(), options))
	stopAtEnd(t, heketi.Stop)
	return heketi
}

// proxy starts a proxy before a heketi, so that it has an address of its own.
func (s *stage) proxy(t *testing.T, heketi *bench.Heketi) *bench.Proxy {
	t.Helper()
	proxy := must[*bench.Proxy](t)(bench.StartProxy(t.Context(), heketi))
	stopAtEnd(t, proxy.Stop)
	return proxy
}

// class makes a class, with a Secret of its own.
func (s *stage) class(t *testing.T, name, url string, secret map[string]string, parameters map[string]string) {
	t.Helper()
	must[*v1.Secret](t)(s.client.CoreV1().Secrets(ours).Create(t.Context(), &v1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Type: "gluster.org/glusterfs", StringData: secret,
	}, metav1.CreateOptions{}))
	all := map[string]string{"resturl": url, "restuser": "admin", "secretNamespace": ours, "secretName": name}
	maps.Copy(all, parameters)
	must[*storagev1.StorageClass](t)(s.client.StorageV1().StorageClasses().Create(t.Context(), &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisionerName, Parameters: all, AllowVolumeExpansion: ptr(true),
	}, metav1.CreateOptions{}))
}

// keyOf is the Secret for a heketi.
func keyOf(heketi *bench.Heketi) map[string]string {
	return map[string]string{"key": heketi.AdminKey(), "ca.crt": string(heketi.CA())}
}

// claim makes a claim.
func (s *stage) claim(t *testing.T, name, class, size string) {
	t.Helper()
	must[*v1.PersistentVolumeClaim](t)(s.client.CoreV1().PersistentVolumeClaims(claims).Create(t.Context(), &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1.PersistentVolumeClaimSpec{
			StorageClassName: &class, AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteMany},
			Resources: v1.ResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)}},
		},
	}, metav1.CreateOptions{}))
}

// raise has a claim request more.
func (s *stage) raise(t *testing.T, name, size string) {
	t.Helper()
	must[[]byte](t)(s.cluster.Kubectl(t.Context(), "-n", claims, "patch", "pvc", name, "-p", `{"spec":{"resources":{"requests":{"storage":"`+size+`"}}}}`))
}

// bound waits until a claim is Bound, and returns its PersistentVolume.
func (s *stage) bound(t *testing.T, name string) *v1.PersistentVolume {
	t.Helper()
	var claim *v1.PersistentVolumeClaim
	bench.Eventually(t, patience, func(ctx context.Context) (err error) {
		claim, err = s.client.CoreV1().PersistentVolumeClaims(claims).Get(ctx, name, metav1.GetOptions{})
		if err == nil && claim.Status.Phase != v1.ClaimBound {
			err = fmt.Errorf("claim %s is %s", name, claim.Status.Phase)
		}
		return err
	})
	return must[*v1.PersistentVolume](t)(s.client.CoreV1().PersistentVolumes().Get(t.Context(), claim.Spec.VolumeName, metav1.GetOptions{}))
}
