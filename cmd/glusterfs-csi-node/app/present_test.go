package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
)

// volumesAtOnce is how many volumes a node mounts at once when it starts.
const volumesAtOnce = 100

// apiServer has a ConfigMap of each cluster, and counts who reads it. No answer is given
// before all volumes ask.
type apiServer struct {
	asking sync.WaitGroup

	mu       sync.Mutex
	requests int
	now      map[string]int
	most     int
}

func (a *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests++
	a.now[r.URL.Path]++
	a.most = max(a.most, a.now[r.URL.Path])
	a.mu.Unlock()
	a.asking.Wait()
	a.mu.Lock()
	a.now[r.URL.Path]--
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": %q}, "data": {"servers": "10.0.0.7,fd00::7"}}`, filepath.Base(r.URL.Path))
}

// readAtOnce has 100 volumes, whose clusters are given by number, ask for their servers.
func readAtOnce(t *testing.T, clusterOf func(volume int) string) *apiServer {
	t.Helper()
	api := &apiServer{now: map[string]int{}}
	api.asking.Add(volumesAtOnce)
	server := httptest.NewServer(api)
	defer server.Close()
	options := valid()
	options.Kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	config := strings.ReplaceAll(`{"apiVersion": "v1", "kind": "Config", "current-context": "a", "users": [{"name": "a"}],
"clusters": [{"name": "a", "cluster": {"server": "URL"}}], "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}]}`, "URL", server.URL)
	if err := os.WriteFile(options.Kubeconfig, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	present, err := presentServers(options)
	if err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	for i := range volumesAtOnce {
		group.Go(func() error {
			api.asking.Done()
			servers, err := present.Of(t.Context(), clusterOf(i))
			if err == nil && fmt.Sprint(servers) != "[10.0.0.7 fd00::7]" {
				err = fmt.Errorf("the servers are %v", servers)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	return api
}

// TestManyVolumesAtOnce has each volume be of a cluster of its own, so that each is a request,
// and no client-side limit keeps one from its answer.
func TestManyVolumesAtOnce(t *testing.T) {
	api := readAtOnce(t, func(volume int) string { return fmt.Sprintf("%032x", volume) })
	if api.requests != volumesAtOnce {
		t.Errorf("the API server was asked %d times", api.requests)
	}
}

// TestManyVolumesOfACluster has all volumes be of one cluster, whose ConfigMap is read by one
// at a time.
func TestManyVolumesOfACluster(t *testing.T) {
	api := readAtOnce(t, func(int) string { return strings.Repeat("a", 32) })
	if api.most != 1 || api.requests > volumesAtOnce/2 {
		t.Errorf("the API server was asked %d times, at most %d at a time", api.requests, api.most)
	}
}
