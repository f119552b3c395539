package population

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/test/bench"
)

// TestHeketiHasTheVolumes has a real heketi take a database with volumes that were added.
func TestHeketiHasTheVolumes(t *testing.T) {
	t.Parallel()
	heketi, err := bench.StartHeketi(t.Context(), bench.HeketiOptions{Root: ".", Auth: true, Clusters: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := heketi.Stop(); err != nil {
			t.Error(err)
		}
	})
	var volumes []Volume
	for i, cluster := range heketi.Clusters() {
		create(t, heketi, cluster)
		for j := range 20 {
			volumes = append(volumes, Volume{ID: fmt.Sprintf("%032x", 1000*i+j), Name: fmt.Sprintf("pvc-%d-%d", i, j), Cluster: cluster, GID: 3000 + 20*i + j})
		}
	}
	if err := heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	exported, err := heketi.ExportDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	filled, err := AddVolumes(exported, volumes)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(heketi.ImportDatabase(t.Context(), filled), heketi.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	if said, err := heketi.Client().DbCheck(); err != nil || !strings.Contains(said, `"totalinconsistencies": 0`) {
		t.Errorf("heketi says of its database: %s, error %v", said, err)
	}
	for _, want := range volumes {
		got, err := heketi.Client().VolumeInfo(want.ID)
		if err != nil || got.Name != want.Name || got.Cluster != want.Cluster || got.Gid != int64(want.GID) || len(got.Bricks) != 3 || !strings.HasSuffix(got.Mount.GlusterFS.MountPoint, ":"+want.Name) {
			t.Errorf("want %+v, got %+v, error %v", want, got, err)
		}
	}
	if err := heketi.Client().VolumeDelete(volumes[0].ID); err != nil {
		t.Error(err)
	}
	create(t, heketi, heketi.Clusters()[0])
}

func create(t *testing.T, heketi *bench.Heketi, cluster string) {
	t.Helper()
	request := &api.VolumeCreateRequest{Size: 1, Clusters: []string{cluster}}
	request.Durability = api.VolumeDurabilityInfo{Type: api.DurabilityReplicate, Replicate: api.ReplicaDurability{Replica: 3}}
	if _, err := heketi.Client().VolumeCreate(request); err != nil {
		t.Fatal(err)
	}
}

func TestAClusterWithoutAVolumeIsAnError(t *testing.T) {
	empty := []byte(`{"clusterentries": {}, "volumeentries": {}, "brickentries": {}, "nodeentries": {}, "deviceentries": {}}`)
	if got, err := AddVolumes(empty, []Volume{{Cluster: "c1"}}); err == nil {
		t.Errorf("got %s, want an error", got)
	}
	if got, err := AddVolumes([]byte("{}"), nil); err == nil {
		t.Errorf("got %s, want an error", got)
	}
}
