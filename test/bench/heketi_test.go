package bench_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/test/bench"
)

func startHeketi(t *testing.T, options bench.HeketiOptions) *bench.Heketi {
	t.Helper()
	heketi, err := bench.StartHeketi(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustStop(t, heketi.Stop, filepath.Dir(heketi.ServerLog())) })
	return heketi
}

func newVolume(name string) *api.VolumeCreateRequest {
	return &api.VolumeCreateRequest{
		Name: name,
		Size: 1,
		Durability: api.VolumeDurabilityInfo{
			Type:      api.DurabilityReplicate,
			Replicate: api.ReplicaDurability{Replica: 3},
		},
	}
}

func volumeNames(t *testing.T, heketi *bench.Heketi) []string {
	t.Helper()
	volumes, err := heketi.Volumes()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, volume := range volumes {
		if len(volume.Bricks) != 3 {
			t.Errorf("volume %s has %d bricks, want 3", volume.Name, len(volume.Bricks))
		}
		names = append(names, volume.Name)
	}
	return names
}

func TestHeketiKeepsItsVolumes(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true, TLS: true})
	if _, err := heketi.Client().VolumeCreate(newVolume("vol_example")); err != nil {
		t.Fatal(err)
	}
	if err := heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := heketi.Volumes(); err == nil {
		t.Error("a killed heketi answers")
	}
	if err := heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names := volumeNames(t, heketi); !slices.Equal(names, []string{"vol_example"}) {
		t.Errorf("after a restart, the volumes are %q", names)
	}
	if dump, err := heketi.Dump(); err != nil || !strings.Contains(dump, "vol_example") {
		t.Errorf("the volume is not in the dump %q, error %v", dump, err)
	}
	if output, err := heketi.CLI(t.Context(), "volume", "list"); err != nil || !strings.Contains(string(output), "vol_example") {
		t.Errorf("the volume is not in the list %q of heketi-cli, error %v", output, err)
	}
}

func TestHeketiWithAuthAndTLSAsksForBoth(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true, TLS: true})

	// Its certificate is trusted with its own authority only.
	if err := get(t, heketi.URL()+"/hello", nil); err == nil {
		t.Error("its certificate is trusted without its authority")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(heketi.CA()) {
		t.Fatalf("%q is no certificate", heketi.CA())
	}
	if err := get(t, heketi.URL()+"/hello", roots); err != nil {
		t.Error(err)
	}

	for key, want := range map[string]bool{heketi.AdminKey(): true, "wrong": false} {
		client := gcli.NewClient(heketi.URL(), "admin", key)
		client.SetClientFunc(func(_ *tls.Config, redirect gcli.CheckRedirectFunc) (gcli.HttpPerformer, error) {
			return &http.Client{Transport: trusting(t, roots), CheckRedirect: redirect}, nil
		})
		if _, err := client.ClusterList(); (err == nil) != want {
			t.Errorf("with the key %q the clusters are listed with error %v", key, err)
		}
	}
}

func trusting(t *testing.T, roots *x509.CertPool) *http.Transport {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func get(t *testing.T, url string, roots *x509.CertPool) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: trusting(t, roots)}).Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func TestHeketiHasTheTopologyThatIsWanted(t *testing.T) {
	t.Parallel()
	hosts := []string{"10.1.0.1", "10.1.0.2", "10.1.0.3", "10.2.0.1", "10.2.0.2", "10.2.0.3"}
	heketi := startHeketi(t, bench.HeketiOptions{Clusters: 2, DevicesPerNode: 2, StorageHosts: hosts})
	if heketi.AdminKey() != "" || heketi.CA() != nil {
		t.Errorf("without auth and TLS, it has the key %q and the authority %q", heketi.AdminKey(), heketi.CA())
	}
	topology, err := heketi.Client().TopologyInfo()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, cluster := range topology.ClusterList {
		if !slices.Contains(heketi.Clusters(), cluster.Id) {
			t.Errorf("cluster %s is not among %q", cluster.Id, heketi.Clusters())
		}
		for _, node := range cluster.Nodes {
			got = append(got, node.Hostnames.Storage...)
			if len(node.DevicesInfo) != 2 {
				t.Errorf("node %v has %d devices, want 2", node.Hostnames, len(node.DevicesInfo))
			}
		}
	}
	if slices.Sort(got); !slices.Equal(got, hosts) {
		t.Errorf("the storage hosts are %q, want %q", got, hosts)
	}
}

func TestHeketiOptionsMustFitEachOther(t *testing.T) {
	t.Parallel()
	if _, err := bench.StartHeketi(t.Context(), bench.HeketiOptions{StorageHosts: []string{"10.1.0.1"}}); err == nil {
		t.Error("one storage host for three nodes is accepted")
	}
}

func TestHeketiThatDoesNotStartTellsWhy(t *testing.T) {
	t.Parallel()
	_, err := bench.StartHeketi(t.Context(), bench.HeketiOptions{Settings: map[string]any{"executor": "nonsense"}})
	if err == nil || !strings.Contains(err.Error(), "invalid executor: nonsense") {
		t.Errorf("got error %v, want the end of heketi's log", err)
	}
}

func TestHeketiRefusesMoreThanItTakesAtOnce(t *testing.T) {
	t.Parallel()
	const slow = 2 * time.Second
	heketi := startHeketi(t, bench.HeketiOptions{
		MaxInFlight: 1,
		Faults:      []bench.Fault{{Command: "volume create slow", Pause: slow}},
	})
	created := make(chan error)
	go func() {
		_, err := heketi.Client().VolumeCreate(newVolume("slow"))
		created <- err
	}()
	bench.Eventually(t, bound, func(context.Context) error {
		operations, err := heketi.Client().OperationsInfo()
		if err == nil && operations.InFlight != 1 {
			err = fmt.Errorf("%d operations are in flight", operations.InFlight)
		}
		return err
	})
	impatient := gcli.NewClientWithOptions(heketi.URL(), "", "", gcli.ClientOptions{PollDelay: 1})
	if _, err := impatient.VolumeCreate(newVolume("refused")); err == nil || !strings.Contains(err.Error(), "Server busy") {
		t.Errorf("got error %v, want that heketi is busy", err)
	}
	if err := <-created; err != nil {
		t.Error(err)
	}
}

func TestHeketiFaults(t *testing.T) {
	t.Parallel()
	down := filepath.Join(t.TempDir(), "down")
	heketi := startHeketi(t, bench.HeketiOptions{Faults: []bench.Fault{
		{Command: "volume create failing", Error: "glusterd is down", While: down},
		{Command: "volume start crashing", Crash: true, While: down},
	}})
	if err := os.WriteFile(down, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := heketi.Client().VolumeCreate(newVolume("failing")); err == nil || err.Error() != "glusterd is down" {
		t.Errorf("got error %v, want what the command fails with", err)
	}
	if _, err := heketi.Client().VolumeCreate(newVolume("crashing")); err == nil {
		t.Error("heketi answers although it should have crashed")
	}
	if err := heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(down); err != nil {
		t.Fatal(err)
	}

	volume, err := heketi.Client().VolumeCreate(newVolume("failing"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := heketi.Client().VolumeExpand(volume.Id, &api.VolumeExpandRequest{Size: 1}); err != nil {
		t.Error(err)
	}
	if err := heketi.Client().VolumeDelete(volume.Id); err != nil {
		t.Error(err)
	}
	if names := volumeNames(t, heketi); len(names) != 0 {
		t.Errorf("the volumes are %q, want none", names)
	}
}
