package keeper

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"glusterfs-provisioner/test/bench"
)

// inPod has a program see the files of a ServiceAccount, from the folder $1, where a pod has them.
const inPod = `mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && cp -r "$1" /run/secrets/kubernetes.io/serviceaccount && shift && exec "$@"`

// launchInPod starts a keeper as manifests have it in its pod, with their arguments, environment and configuration,
// and further flags: keeper and heketi find the API server as pods do. Files are those of its Secrets,
// besides the keys of heketi's users, by their paths below /etc/heketi.
func (p *place) launchInPod(t *testing.T, installed installation, files map[string]string, further ...string) *keeper {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	etc, folder := t.TempDir(), t.TempDir()
	places := strings.NewReplacer("=/heketi", "="+env.heketi.Server, "/etc/heketi", etc, "/var/lib/heketi", folder)
	for name, content := range map[string]string{
		"account/token": config.BearerToken, "account/ca.crt": string(config.CAData), "account/namespace": p.namespace,
		"keys/admin": p.key, "keys/user": p.key + "-of-the-user",
		"config/heketi.json": strings.ReplaceAll(installed.config.Data["heketi.json"], "/etc/heketi", etc),
	} {
		writeBelow(t, etc, name, content)
	}
	for name, content := range files {
		writeBelow(t, etc, name, content)
	}
	isolated := []string{"unshare", "--mount"}
	if os.Geteuid() != 0 {
		isolated = append(isolated, "--user", "--map-root-user")
	}
	host, port, _ := strings.Cut(env.cluster.APIServerAddress(), ":")
	container := &installed.pod.Containers[0]
	environment := []string{"KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port}
	for i := range container.Env {
		value := places.Replace(container.Env[i].Value)
		if from := container.Env[i].ValueFrom; from != nil {
			value = map[string]string{
				"metadata.namespace": p.namespace, "metadata.name": "heketi-0", "metadata.uid": "uid-of-heketi-0",
			}[from.FieldRef.FieldPath]
		}
		environment = append(environment, container.Env[i].Name+"="+value)
	}
	// Other tests have PersistentVolumes meanwhile.
	flags := []string{"--other-heketis=" + otherHeketi}
	for _, flag := range container.Args {
		flags = append(flags, places.Replace(flag))
	}
	return p.execute(t, folder, append(isolated, "sh", "-c", inPod, "sh", filepath.Join(etc, "account"), env.binary), environment, append(flags, further...))
}

// writeBelow writes a file of a folder.
func writeBelow(t *testing.T, folder, name, content string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestKeeperAsInItsPod runs the keeper as the manifests do. heketi reaches the GlusterFS pod of a node as far
// as that can be here: there is no kubelet, which would run the command. No line of the log has a key.
func TestKeeperAsInItsPod(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.launchInPod(t, env.installed, nil, "--v=7")
	k.waitSaid(t, "Keeping heketi")
	node := p.addGlusterPod(t)
	if err := addNode(t, k, node); err == nil {
		t.Error("heketi has a node that nobody can reach")
	}
	want := "[pod:gluster c:glusterfs ns:" + p.namespace + " (from host:" + node + " selector:glusterfs-node)]: Err[error dialing backend: "
	if !strings.Contains(k.Output(), want) {
		t.Errorf("heketi does not say %q", want)
	}
	if status, body := k.get(t, "/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d %s", status, body)
	}
	k.endWell(t)
	for _, key := range []string{p.key, base64.StdEncoding.EncodeToString([]byte(p.key))} {
		if strings.Contains(k.Output(), key) {
			t.Error("the log has the key of the admin")
		}
	}
}

// addGlusterPod adds a node, whose kubelet nobody reaches, with a pod as deploy/glusterfs/ labels it, and
// returns the node's name.
func (p *place) addGlusterPod(t *testing.T) (node string) {
	t.Helper()
	node = unique("node")
	nodes, options := env.client.CoreV1().Nodes(), metav1.CreateOptions{}
	must[*v1.Node](t)(nodes.Create(t.Context(), &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}, options))
	status := v1.NodeStatus{
		Addresses:       []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "127.0.0.1"}},
		DaemonEndpoints: v1.NodeDaemonEndpoints{KubeletEndpoint: v1.DaemonEndpoint{Port: 1}},
	}
	must[*v1.Node](t)(nodes.UpdateStatus(t.Context(), &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}, Status: status}, metav1.UpdateOptions{}))
	must[*v1.Pod](t)(env.client.CoreV1().Pods(p.namespace).Create(t.Context(), &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "gluster", Labels: map[string]string{"glusterfs-node": "pod"}},
		Spec: v1.PodSpec{
			NodeName: node, ServiceAccountName: account, Containers: []v1.Container{{Name: "glusterfs", Image: "glusterfs-host:0.1.0"}},
		},
	}, options))
	return node
}

// addNode has heketi have a node in a cluster of its own.
func addNode(t *testing.T, k *keeper, node string) error {
	t.Helper()
	client := k.client(t)
	cluster := must[*api.ClusterInfoResponse](t)(client.ClusterCreate(&api.ClusterCreateRequest{ClusterFlags: api.ClusterFlags{File: true}}))
	_, err := client.NodeAdd(&api.NodeAddRequest{
		ClusterId: cluster.Id, Hostnames: api.HostAddresses{Manage: []string{node}, Storage: []string{"192.168.10.1"}}, Zone: 1,
	})
	return err
}

// TestKeeperForHostsOutside runs the keeper as deploy/heketi-ssh/ does. heketi goes to a host by ssh, and knows
// whose key the host has to have. It may do nothing in pods.
func TestKeeperForHostsOutside(t *testing.T) {
	t.Parallel()
	var outside installation
	if err := outside.add(must[[]byte](t)(env.cluster.Kubectl(t.Context(), "kustomize", filepath.Join(env.root, "deploy", "heketi-ssh")))); err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(env.installed.inNamespace[2:], outside.inNamespace); difference != "" {
		t.Errorf("its rights (-deploy/heketi +deploy/heketi-ssh):\n%s", difference)
	}
	if difference := cmp.Diff(env.installed.everywhere[:1], outside.everywhere); difference != "" {
		t.Errorf("its rights everywhere (-deploy/heketi +deploy/heketi-ssh):\n%s", difference)
	}
	if slices.Contains(outside.pod.Containers[0].Args, withDisks) {
		t.Error("it sees to the disks of nodes that it does not run on")
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encoded := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key))
	// Nobody listens on this port.
	outside.config.Data["heketi.json"] = strings.Replace(outside.config.Data["heketi.json"], `"port": "22"`, `"port": "1"`, 1)
	p := newPlace(t, nil)
	k := p.launchInPod(t, outside, map[string]string{
		"ssh/key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})), "ssh/known_hosts": "",
	})
	k.waitSaid(t, "Keeping heketi")
	if err := addNode(t, k, "127.0.0.1"); err == nil {
		t.Error("heketi has a node that nobody can reach")
	}
	for _, want := range []string{"Loaded ssh executor", "dial tcp 127.0.0.1:1: connect: connection refused"} {
		if !strings.Contains(k.Output(), want) {
			t.Errorf("heketi does not say %q", want)
		}
	}
	if strings.Contains(k.Output(), "skipping ssh host verification") {
		t.Error("heketi takes any host for the one that it means")
	}
	k.endWell(t)
}

// TestPodTellsWhyItDoesNotStart has the keeper find that the saved database is gone. kubectl describe shows it.
func TestPodTellsWhyItDoesNotStart(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	save(t, begin(t, p.namespace, nil), []byte("a database"))
	if err := env.client.CoreV1().Secrets(p.namespace).Delete(t.Context(), databaseName, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	k := p.launchInPod(t, env.installed, nil)
	if code := k.waitEnded(t); code != 1 {
		t.Errorf("it ended with %d", code)
	}
	list := p.eventsOfPod(t)
	if len(list.Items) != 1 || list.Items[0].Reason != "HeketiNotKept" || list.Items[0].Type != v1.EventTypeWarning ||
		!strings.Contains(list.Items[0].Message, "kubectl delete configmap "+databaseName+" -n "+p.namespace) {
		t.Errorf("the events are %+v", list.Items)
	}
}

// eventsOfPod are those of the pod that launchInPod makes believe.
func (p *place) eventsOfPod(t *testing.T) *v1.EventList {
	t.Helper()
	return must[*v1.EventList](t)(env.client.CoreV1().Events(p.namespace).List(t.Context(), metav1.ListOptions{
		FieldSelector: "involvedObject.kind=Pod,involvedObject.name=heketi-0,involvedObject.uid=uid-of-heketi-0",
	}))
}

// TestPodTellsWhatItWaitsFor starts a keeper in a namespace whose quota has no room for the Secret. kubectl describe shows it, and the keeper goes
// on once there is room.
func TestPodTellsWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	quotas := env.client.CoreV1().ResourceQuotas(p.namespace)
	none := v1.ResourceList{"count/secrets": resource.MustParse("0")}
	must[*v1.ResourceQuota](t)(quotas.Create(t.Context(), &v1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "none"}, Spec: v1.ResourceQuotaSpec{Hard: none},
	}, metav1.CreateOptions{}))
	bench.Eventually(t, soon, func(ctx context.Context) error {
		quota, err := quotas.Get(ctx, "none", metav1.GetOptions{})
		if err == nil && len(quota.Status.Used) == 0 {
			err = errors.New("the quota is not in force")
		}
		return err
	})
	k := p.launchInPod(t, env.installed, nil)
	bench.Eventually(t, soon, func(context.Context) error {
		list := p.eventsOfPod(t)
		if len(list.Items) != 1 || list.Items[0].Reason != "HeketiNotKept" || !strings.Contains(list.Items[0].Message, "exceeded quota: none") {
			return fmt.Errorf("the events are %+v", list.Items)
		}
		return nil
	})
	if err := quotas.Delete(t.Context(), "none", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	k.waitServing(t)
}
