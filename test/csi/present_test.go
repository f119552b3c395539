package csi

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"glusterfs-provisioner/node/namespace"
)

// TestServersOfThePresent has an API server tell which servers the cluster has at present. What a
// PersistentVolume recorded counts only until then.
func TestServersOfThePresent(t *testing.T) {
	p := startPlugin(t, "--mount-timeout=15s")
	v := newVolume(t)
	first, second := env.hosts.All()[0].Address(), env.hosts.All()[1].Address()
	v.attributes["servers"] = second
	p.use(t, v, "pod")
	mustAsk(t, p, v, second)
	p.end(t, v, "pod")

	present := p.serveServers(t)
	present <- first
	p.use(t, v, "pod")
	mustAsk(t, p, v, first)
	p.end(t, v, "pod")

	mute(t, "10.77.0.206")
	present <- "10.77.0.206"
	checkRefused(t, "the present ones are silent", p.stage(t.Context(), v), codes.DeadlineExceeded,
		"asked were 10.77.0.206, which the cluster has at present; servers that do not answer: 10.77.0.206")
	present <- "gluster-1"
	p.use(t, v, "pod")
	mustAsk(t, p, v, second)
	metrics := p.get(t, "/metrics")
	for from, want := range map[string]int{"cluster": 2, "persistentvolume": 2} {
		if want := fmt.Sprintf("glusterfs_csi_node_servers_read_total{from=%q} %d\n", from, want); !strings.Contains(metrics, want) {
			t.Errorf("the metrics do not have %s", want)
		}
	}
}

// mustAsk sees that the client asks one server and no other.
func mustAsk(t *testing.T, p *plugin, v glusterVolume, server string) {
	t.Helper()
	var asked []string
	for argument := range strings.SplitSeq(processInfo(t, clientOf(t, p.stagingPath(v)), "cmdline"), "\x00") {
		if server, found := strings.CutPrefix(argument, "--volfile-server="); found {
			asked = append(asked, server)
		}
	}
	if len(asked) != 1 || asked[0] != server {
		t.Errorf("the client asks %q, want %s", asked, server)
	}
}

// serveServers is the API server where the plugin's kubeconfig has one, in the plugin's network,
// until the end of the test. It has the servers of the cluster that were sent last.
func (p *plugin) serveServers(t *testing.T) chan<- string {
	t.Helper()
	network, err := namespace.Of(p.process.PID(), namespace.Network)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = network.Close() })
	listener, err := namespace.Do(t.Context(), network, func() (net.Listener, error) {
		return (&net.ListenConfig{}).Listen(t.Context(), "tcp", nobody)
	})
	if err != nil {
		t.Fatal(err)
	}
	changes, present := make(chan string), ""
	changed, ended := make(chan struct{}), make(chan struct{})
	values := make(chan string)
	go func() {
		defer close(changed)
		for {
			select {
			case present = <-changes:
			case values <- present:
			case <-ended:
				return
			}
		}
	}()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Base(r.URL.Path) != "glusterfs-cluster-"+cluster {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": %q}, "data": {"servers": %q}}`, path.Base(r.URL.Path), <-values)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Shutdown(context.Background())
		close(ended)
		<-changed
	})
	return changes
}
