package keeper

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/tokens"
	"glusterfs-provisioner/test/bench"
)

// otherHeketi is where the PersistentVolumes are that do not keep the keepers of the tests from
// starting empty.
const otherHeketi = "http://other.example.com:8080"

// place is where keepers of one heketi run, one after the other or side by side.
type place struct {
	namespace  string
	kubeconfig string
	keyFile    string
	key        string
	configFile string
	// binary is the keeper.
	binary string
}

// newPlace makes a place, whose keepers reach the API server through the proxy unless that is nil.
// Nothing goes wrong on the nodes of its heketi but the faults.
func newPlace(t *testing.T, proxy *bench.Proxy, faults ...bench.Fault) *place {
	t.Helper()
	folder := t.TempDir()
	p := &place{
		namespace: newNamespace(t), key: rand.Text(), binary: env.binary,
		keyFile: filepath.Join(folder, "key"), configFile: filepath.Join(folder, "heketi.json"),
	}
	p.kubeconfig = kubeconfigOf(t, p.namespace, proxy)
	if err := os.WriteFile(p.keyFile, []byte(p.key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.configure(t, faults...)
	return p
}

// configure has those faults happen on the nodes, and no others, of a heketi that is started from now on.
func (p *place) configure(t *testing.T, faults ...bench.Fault) {
	t.Helper()
	folder := t.TempDir()
	settings := map[string]any{"executor": "mock"}
	if len(faults) > 0 {
		settings = must[map[string]any](t)(bench.FaultSettings(folder, faults))
	}
	settings["loglevel"] = "warning"
	// What the keeper has to change.
	settings["db"] = filepath.Join(folder, "never.db")
	text := must[[]byte](t)(json.Marshal(map[string]any{"port": "1", "enable_tls": true, "glusterfs": settings}))
	if err := os.WriteFile(p.configFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// keeper is a process under test.
type keeper struct {
	*bench.Process
	place *place
	// folder outlives the process, as an emptyDir outlives a container.
	folder     string
	heketiPort int
}

// launch starts a keeper in a folder, to be killed at the test's end if it still runs.
func (p *place) launch(t *testing.T, folder string, flags ...string) *keeper {
	t.Helper()
	return p.launchAlone(t, folder, append([]string{"--other-heketis=" + otherHeketi}, flags...)...)
}

// launchAlone starts a keeper that knows of no other heketi.
func (p *place) launchAlone(t *testing.T, folder string, flags ...string) *keeper {
	t.Helper()
	// They would change what is the keeper's.
	environment := []string{"HEKETI_DB_PATH=/nowhere", "HEKETI_HTTP_PORT=1"}
	return p.execute(t, folder, []string{p.binary}, environment, append([]string{
		"--kubeconfig=" + p.kubeconfig, "--namespace=" + p.namespace, "--dir=" + folder,
		"--heketi=" + env.heketi.Server, "--heketi-config=" + p.configFile, "--admin-key-file=" + p.keyFile, "--v=2",
	}, flags...))
}

// execute has a command run a keeper in a folder, with these flags after those that each keeper of the
// tests needs.
func (p *place) execute(t *testing.T, folder string, command, environment, flags []string) *keeper {
	t.Helper()
	k := &keeper{place: p, folder: folder}
	var release func() error
	var err error
	if k.heketiPort, release, err = bench.ReservePort(t.Context()); err != nil {
		t.Fatal(err)
	}
	arguments := slices.Concat(command[1:], []string{
		fmt.Sprintf("--heketi-port=%d", k.heketiPort), "--api-address=127.0.0.1:0", "--http-address=127.0.0.1:0", "--leader-elect-retry-period=1s",
		"--gluster-settle-time=1s",
	}, flags)
	k.Process = must[*bench.Process](t)(bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: command[0], Args: arguments, Log: filepath.Join(env.logs, unique("keeper")+".log"),
		// A data race ends the process, so that no test passes with one.
		Env: slices.Concat(os.Environ(), []string{"GORACE=halt_on_error=1 exitcode=66"}, environment),
	}))
	t.Cleanup(func() {
		if err := k.Kill(); err != nil {
			t.Error(err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
		if strings.Contains(k.Output(), "DATA RACE") {
			t.Error("data race")
		}
		if t.Failed() {
			t.Logf("log of a keeper:\n%s", k.Output())
		}
	})
	return k
}

// start starts a keeper in a folder and waits until it serves.
func (p *place) start(t *testing.T, folder string, flags ...string) *keeper {
	t.Helper()
	k := p.launch(t, folder, flags...)
	k.waitServing(t)
	return k
}

func (k *keeper) waitServing(t *testing.T) {
	t.Helper()
	k.waitSaid(t, `"Keeping heketi"`)
}

// waitSaid waits until the log has that.
func (k *keeper) waitSaid(t *testing.T, want string) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		select {
		case <-k.Ended():
			if !strings.Contains(k.Output(), want) {
				return bench.Final(fmt.Errorf("the keeper ended without %q", want))
			}
		default:
		}
		if !strings.Contains(k.Output(), want) {
			return fmt.Errorf("the keeper does not say %q", want)
		}
		return nil
	})
}

// waitEnded returns the exit status.
func (k *keeper) waitEnded(t *testing.T) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	return must[int](t)(k.Wait(ctx))
}

// endWell ends the keeper as Kubernetes would.
func (k *keeper) endWell(t *testing.T) {
	t.Helper()
	if err := k.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := k.waitEnded(t); code != 0 {
		t.Errorf("after SIGTERM it ended with %d", code)
	}
}

// kill ends the keeper as a machine that loses its power, and lets the Lease expire.
func (k *keeper) kill(t *testing.T) {
	t.Helper()
	if err := k.Kill(); err != nil {
		t.Fatal(err)
	}
	err := env.client.CoordinationV1().Leases(k.place.namespace).Delete(t.Context(), "heketi-keeper", metav1.DeleteOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// servingAt finds it in lines of text and of JSON.
var servingAt = map[string]*regexp.Regexp{
	"API":     regexp.MustCompile(`Serving heketi's API".*address"?[=:]"([^"]+)"`),
	"metrics": regexp.MustCompile(`Serving /metrics.*address"?[=:]"([^"]+)"`),
}

// at is the base URL at which the keeper serves something. It is another one after heketi was started again.
func (k *keeper) at(t *testing.T, what string) string {
	t.Helper()
	var found [][]string
	bench.Eventually(t, soon, func(context.Context) error {
		if found = servingAt[what].FindAllStringSubmatch(k.Output(), -1); found == nil {
			return fmt.Errorf("the log does not say where it serves the %s", what)
		}
		return nil
	})
	return "http://" + found[len(found)-1][1]
}

// get returns what the keeper answers at a path of its HTTP endpoint.
func (k *keeper) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	return get(t, k.at(t, "metrics")+path)
}

// client is heketi's own client, as the admin.
func (k *keeper) client(t *testing.T) *gcli.Client {
	t.Helper()
	return clientAt(t, k.at(t, "API"), k.place.key)
}

func clientAt(t *testing.T, url, key string) *gcli.Client {
	options := gcli.DefaultClientOptions()
	options.PollDelay = 10
	client := gcli.NewClientWithOptions(url, "admin", key, options)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client.SetClientFunc(func(_ *tls.Config, redirect gcli.CheckRedirectFunc) (gcli.HttpPerformer, error) {
		return &http.Client{Transport: transport, CheckRedirect: redirect, Timeout: soon}, nil
	})
	return client
}

// addNodes has heketi have a cluster of three nodes.
func addNodes(t *testing.T, client *gcli.Client) {
	t.Helper()
	cluster := must[*api.ClusterInfoResponse](t)(client.ClusterCreate(&api.ClusterCreateRequest{ClusterFlags: api.ClusterFlags{File: true}}))
	for i := range 3 {
		host := []string{fmt.Sprintf("192.168.10.%d", 1+i)}
		node := must[*api.NodeInfoResponse](t)(client.NodeAdd(&api.NodeAddRequest{
			ClusterId: cluster.Id, Hostnames: api.HostAddresses{Manage: host, Storage: host}, Zone: 1 + i,
		}))
		if err := client.DeviceAdd(&api.DeviceAddRequest{Device: api.Device{Name: "/dev/disk1"}, NodeId: node.Id}); err != nil {
			t.Fatal(err)
		}
	}
}

// newVolume is a request for a volume.
func newVolume(name string) *api.VolumeCreateRequest {
	return &api.VolumeCreateRequest{
		Name: name, Size: 1,
		Durability: api.VolumeDurabilityInfo{Type: api.DurabilityReplicate, Replicate: api.ReplicaDurability{Replica: 3}},
	}
}

// create makes a volume.
func create(t *testing.T, client *gcli.Client, name string) {
	t.Helper()
	must[*api.VolumeInfoResponse](t)(client.VolumeCreate(newVolume(name)))
}

// expectVolumes checks which volumes there are.
func expectVolumes(t *testing.T, client *gcli.Client, want ...string) {
	t.Helper()
	var names []string
	for _, id := range must[*api.VolumeListResponse](t)(client.VolumeList()).Volumes {
		names = append(names, must[*api.VolumeInfoResponse](t)(client.VolumeInfo(id)).Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, want) {
		t.Errorf("the volumes are %q, want %q", names, want)
	}
}

// get returns what is answered at a URL.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: soon, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, string(must[[]byte](t)(io.ReadAll(response.Body)))
}

// ask sends a request as the admin, and returns the answer's status and where it leads to.
func (p *place) ask(ctx context.Context, url, method, path string, body []byte) (status int, location string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url+path, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if err := tokens.Sign(request, tokens.Admin, p.key); err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	return response.StatusCode, response.Header.Get("Location"), response.Body.Close()
}
