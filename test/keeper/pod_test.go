package keeper

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// inPod has a program see the files of a ServiceAccount, from the folder $1, where a pod has them.
const inPod = `mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && cp -r "$1" /run/secrets/kubernetes.io/serviceaccount && shift && exec "$@"`

// launchInPod starts a keeper as deploy/heketi/ has it in its pod, with the arguments and the configuration of
// the manifests, and further flags: keeper and heketi find the API server as pods do.
func (p *place) launchInPod(t *testing.T, folder string, further ...string) *keeper {
	t.Helper()
	files := t.TempDir()
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"account/token": config.BearerToken, "account/ca.crt": string(config.CAData), "account/namespace": p.namespace,
		"keys/admin": p.key, "keys/user": p.key + "-of-the-user",
		"config/heketi.json": env.installed.config.Data["heketi.json"],
	} {
		path := filepath.Join(files, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	isolated := []string{"unshare", "--mount"}
	if os.Geteuid() != 0 {
		isolated = append(isolated, "--user", "--map-root-user")
	}
	host, port, _ := strings.Cut(env.cluster.APIServerAddress(), ":")
	place := strings.NewReplacer("=/heketi", "="+env.heketi.Server, "/etc/heketi", files, "/var/lib/heketi", folder)
	var flags []string
	for _, flag := range env.installed.pod.Containers[0].Args {
		flags = append(flags, place.Replace(flag))
	}
	return p.execute(t, folder, append(isolated, "sh", "-c", inPod, "sh", filepath.Join(files, "account"), env.binary),
		[]string{"KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port, "POD_NAMESPACE=" + p.namespace}, append(flags, further...))
}

// TestKeeperAsInItsPod runs the keeper as the manifests do. heketi reaches the GlusterFS pod of a node as far
// as that can be here: there is no kubelet, which would run the command. No line of the log has a key.
func TestKeeperAsInItsPod(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.launchInPod(t, t.TempDir(), "--v=7")
	k.waitSaid(t, "Keeping heketi")
	node := p.addGlusterPod(t)
	client := k.client(t)
	cluster := must[*api.ClusterInfoResponse](t)(client.ClusterCreate(&api.ClusterCreateRequest{ClusterFlags: api.ClusterFlags{File: true}}))
	_, err := client.NodeAdd(&api.NodeAddRequest{
		ClusterId: cluster.Id, Hostnames: api.HostAddresses{Manage: []string{node}, Storage: []string{"192.168.10.1"}}, Zone: 1,
	})
	if err == nil {
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
