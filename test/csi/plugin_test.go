package csi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"glusterfs-provisioner/node"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/test/bench"
)

// plugin is the node plugin as a container runs it: in a mount, network and host name
// namespace and in a cgroup of its own. Only processes are the node's.
type plugin struct {
	name, kubeletDir string
	// on is the machine's, cgroup is its container's.
	on         []string
	cgroup     cgroup
	flags      []string
	process    *bench.Process
	connection *grpc.ClientConn
}

// startPlugin starts a plugin with a kubelet's folder of its own, and waits until it
// answers. It ends with the test.
func startPlugin(t *testing.T, flags ...string) *plugin {
	t.Helper()
	return startPluginOn(t, machine{cgroup: env.cgroup}, flags...)
}

func startPluginOn(t *testing.T, node machine, flags ...string) *plugin {
	t.Helper()
	name := strings.NewReplacer("/", "-", "_", "-").Replace(strings.ToLower(t.Name()))
	// The paths of sockets are short. /run is the sandbox's own.
	folder, err := os.MkdirTemp("/run", name)
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.Base(folder)
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &plugin{name: name, kubeletDir: folder, on: node.on, cgroup: node.cgroup.add(t, name), flags: flags}
	// As the runtime of containers makes it for a mount that is seen on both sides.
	if err := errors.Join(
		syscall.Mount(folder, folder, "", syscall.MS_BIND, ""), syscall.Mount("", folder, "", syscall.MS_SHARED, ""),
	); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"plugins", "plugins_registry", "pods"} {
		if err := os.Mkdir(filepath.Join(folder, dir), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	p.start(t)
	t.Cleanup(func() { p.killContainer(t) })
	return p
}

func (p *plugin) start(t *testing.T) {
	t.Helper()
	log := filepath.Join(env.logs, p.name+".log")
	// A container has only what is mounted into it, which is not volumes unless the
	// DaemonSet asks for that.
	propagation, forget := "private", "umount --all --lazy --internal-only --types fuse.glusterfs"
	if slices.Contains(p.flags, "--client=container") {
		propagation, forget = "unchanged", ":"
	}
	arguments := p.cgroup.run(slices.Concat(p.on, []string{
		"unshare", "--mount", "--net", "--uts", "--propagation=" + propagation,
		"sh", "-c", `ip link set lo up && hostname plugin && { $0 || :; } && exec "$@"`, forget,
		filepath.Join(env.root, "bin", "glusterfs-csi-node"),
		"--kubelet-dir=" + p.kubeletDir, "--node-name=node", "--kubeconfig=" + kubeconfigOfNobody(t),
		"--http-address=" + serving, "--v=4",
	}, p.flags)...)
	var err error
	p.process, err = bench.StartServer(t.Context(), bench.ProcessOptions{Path: "sh", Args: arguments, Log: log}, func(ctx context.Context) error {
		if p.connection != nil {
			_ = p.connection.Close()
		}
		var err error
		p.connection, err = grpc.NewClient("unix://"+p.socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		_, err = csi.NewIdentityClient(p.connection).Probe(ctx, &csi.ProbeRequest{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// nobody is where the plugin looks for an API server.
const nobody = "127.0.0.1:1"

// kubeconfigOfNobody names an API server that does not answer.
func kubeconfigOfNobody(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	const config = `{"apiVersion": "v1", "kind": "Config", "current-context": "a",
"clusters": [{"name": "a", "cluster": {"server": "http://` + nobody + `"}}], "users": [{"name": "a"}],
"contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}]}`
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (p *plugin) socket() string {
	return filepath.Join(p.kubeletDir, "plugins", node.DriverName, "csi.sock")
}

func (p *plugin) node() csi.NodeClient { return csi.NewNodeClient(p.connection) }

// processes are those in the plugin's container.
func (p *plugin) processes(t *testing.T) []int {
	t.Helper()
	members, err := p.cgroup.members()
	if err != nil {
		t.Fatal(err)
	}
	return members
}

func (p *plugin) mustNotContain(t *testing.T, process int) {
	t.Helper()
	if slices.Contains(p.processes(t), process) {
		t.Errorf("process %d is in one of the plugin's cgroups", process)
	}
}

// killContainer kills the plugin as the runtime of containers does: all that is in its
// cgroup.
func (p *plugin) killContainer(t *testing.T) {
	t.Helper()
	// Also at the end of the test, when its context has ended.
	err := bench.Until(context.Background(), patience, func(context.Context) error {
		processes := p.processes(t)
		for _, process := range processes {
			_ = syscall.Kill(process, syscall.SIGKILL)
		}
		if len(processes) > 0 {
			return fmt.Errorf("still there: %v", processes)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	<-p.process.Ended()
}

// serving is where the plugin serves HTTP, in its network.
const serving = "127.0.0.1:8080"

// transport sends requests from within the plugin's network.
func (p *plugin) transport() *http.Transport {
	return &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, kind, address string) (net.Conn, error) {
			network, err := namespace.Of(p.process.PID(), namespace.Network)
			if err != nil {
				return nil, err
			}
			defer network.Close()
			return namespace.Do(ctx, network, func() (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, kind, address) })
		},
	}
}

// get asks the plugin over HTTP, from within its network.
func (p *plugin) get(t *testing.T, path string) string {
	t.Helper()
	client := http.Client{Transport: p.transport()}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+serving+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
