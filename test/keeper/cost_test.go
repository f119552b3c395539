package keeper

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/test/bench"
)

const (
	// costAlone is how many volumes are made one after the other for a figure, and costBurst by how many callers side by side.
	costAlone, costBurst = 20, 40
	costCallers          = 8
	// costDevices is how many devices of 500 GiB each node has, so that a thousand volumes of 1 GiB have room.
	costDevices = 4
)

// TestCostOfSaving measures what it costs that each volume is saved, beside the same heketi without a keeper, among more
// and more volumes. It prints rows of the table in docs/heketi-keeper.md.
func TestCostOfSaving(t *testing.T) {
	if os.Getenv("COST") == "" {
		t.Skip("it measures, which takes minutes and the whole machine: make bench-keeper")
	}
	without := must[*bench.Heketi](t)(bench.StartHeketi(t.Context(), bench.HeketiOptions{Auth: true, Root: env.root, DevicesPerNode: costDevices}))
	t.Cleanup(func() {
		if err := without.Stop(); err != nil {
			t.Error(err)
		}
	})
	p := newPlace(t, nil)
	p.binary = filepath.Join(env.root, "bin", "heketi-keeper") // env.binary finds data races, which takes time.
	k := p.start(t, t.TempDir())
	addNodes(t, k.client(t))
	addDevices(t, k.client(t))

	direct, kept := &caller{client: clientAt(t, without.URL(), without.AdminKey())}, &caller{client: k.client(t)}
	for _, volumes := range []int{0, 100, 500, 900} {
		for _, one := range []*caller{direct, kept} {
			one.burst(t, volumes-one.made)
		}
		size, stored := k.metric(t, "heketi_keeper_database_size_bytes"), savedSize(t, p)
		aloneDirect, rateDirect := direct.alone(t), direct.burst(t, costBurst)
		generation, inEtcd := k.metric(t, "heketi_keeper_database_generation"), etcdSize(t)
		alone := kept.alone(t)
		growth := (etcdSize(t) - inEtcd) / costAlone
		saves := float64(k.metric(t, "heketi_keeper_database_generation")-generation) / costAlone
		rate := kept.burst(t, costBurst)
		t.Logf("\n| %d | %d kB | %d kB | %s | %s | %.0f/s | %.0f/s | %.1f | %d kB |", volumes, size/1000, stored/1000,
			aloneDirect.Round(time.Millisecond), alone.Round(time.Millisecond), rateDirect, rate, saves, growth/1000)
	}
}

func addDevices(t *testing.T, client *gcli.Client) {
	t.Helper()
	for _, node := range must[*api.TopologyInfoResponse](t)(client.TopologyInfo()).ClusterList[0].Nodes {
		for i := range costDevices - 1 {
			if err := client.DeviceAdd(&api.DeviceAddRequest{Device: api.Device{Name: fmt.Sprintf("/dev/disk%d", i+2)}, NodeId: node.Id}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// caller makes volumes.
type caller struct {
	client *gcli.Client
	made   int
}

// alone makes volumes one after the other, and returns how long one takes in the median.
func (c *caller) alone(t *testing.T) time.Duration {
	t.Helper()
	var took []time.Duration
	for range costAlone {
		begun := time.Now()
		create(t, c.client, fmt.Sprintf("vol_%d", c.made))
		c.made++
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// burst has several callers make volumes, and returns how many they make in a second.
func (c *caller) burst(t *testing.T, volumes int) float64 {
	t.Helper()
	var all errgroup.Group
	all.SetLimit(costCallers)
	begun := time.Now()
	for range volumes {
		name := fmt.Sprintf("vol_%d", c.made)
		c.made++
		all.Go(func() error {
			_, err := c.client.VolumeCreate(newVolume(name))
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	return float64(volumes) / time.Since(begun).Seconds()
}

// savedSize is how many bytes are saved in Secrets.
func savedSize(t *testing.T, p *place) (bytes int) {
	t.Helper()
	for _, secret := range secretsIn(t, p.namespace) {
		for _, data := range secret.Data {
			bytes += len(data)
		}
	}
	return bytes
}

// metric is the value of a metric without labels.
func (k *keeper) metric(t *testing.T, name string) int {
	t.Helper()
	_, metrics := k.get(t, "/metrics")
	found := regexp.MustCompile(`(?m)^` + name + ` (.*)$`).FindStringSubmatch(metrics)
	if found == nil {
		t.Fatalf("/metrics lacks %s", name)
	}
	return int(must[float64](t)(strconv.ParseFloat(found[1], 64)))
}

// etcdSize is how many bytes etcd uses.
func etcdSize(t *testing.T) int64 {
	t.Helper()
	return must[int64](t)(env.cluster.EtcdSize(t.Context()))
}
