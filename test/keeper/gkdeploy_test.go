package keeper

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/test/bench"
)

// databaseVolume is the volume on which gk-deploy's heketi has its database. heketi does not delete a volume of that name.
const databaseVolume = "heketidbstorage"

// TestDatabaseOfGkDeployIsTakenOver goes the way of docs/from-gk-deploy.md from the database of a heketi that gk-deploy has
// installed to a keeper and a GlusterCluster, and gives the room of the database's volume back.
func TestDatabaseOfGkDeployIsTakenOver(t *testing.T) {
	t.Parallel()
	// GlusterFS has lost the volume by then, and says so in its words.
	const gone = "formerdatabase"
	p := newPlace(t, nil,
		bench.Fault{Command: "snapshot list " + gone, Output: `<cliOutput><opRet>-1</opRet><opErrstr>Volume (` + gone + `) does not exist</opErrstr></cliOutput>`},
		bench.Fault{Command: "volume stop " + gone, Error: "volume stop: " + gone + ": failed: Volume " + gone + " does not exist"},
		bench.Fault{Command: "volume delete " + gone, Error: "volume delete: " + gone + ": failed: Volume " + gone + " does not exist"},
	)
	nodes := p.addKubernetesNodes(t, 3, "/dev/sdb")
	text := databaseOfGkDeploy(t, nodes)
	renamed := regexp.MustCompile(`"name": *"`+databaseVolume+`"`).ReplaceAll(text, []byte(`"name": "`+gone+`"`))
	if status, said := p.imports(t, renamed); status != 0 {
		t.Fatalf("it ended with %d and said %q", status, said)
	}

	k := p.start(t, t.TempDir(), withDisks)
	client := k.client(t)
	expectVolumes(t, client, gone, "vol_1")
	// That heketi had clusters of one kind only. Without a kind, no volume would find room.
	create(t, client, "vol_2")
	name := unique("disks")
	p.apply(t, name, nodes)
	cluster := waitReady(t, name).ClusterID
	if id := expectHeketiHas(t, client, nodes); id != cluster {
		t.Errorf("the object has cluster %s, and heketi %s", cluster, id)
	}
	for _, id := range must[*api.VolumeListResponse](t)(client.VolumeList()).Volumes {
		if err := client.VolumeDelete(id); err != nil {
			t.Error(err)
		}
	}
	expectVolumes(t, client)
}

// databaseOfGkDeploy returns the database of a heketi on these nodes, which has its own volume and another one, as an older
// heketi would have written it.
func databaseOfGkDeploy(t *testing.T, nodes []glustercluster.Node) []byte {
	t.Helper()
	former := newPlace(t, nil)
	k := former.start(t, t.TempDir())
	client := k.client(t)
	loadTopology(t, client, nodes)
	create(t, client, databaseVolume)
	create(t, client, "vol_1")
	for _, id := range must[*api.VolumeListResponse](t)(client.VolumeList()).Volumes {
		if must[*api.VolumeInfoResponse](t)(client.VolumeInfo(id)).Name != databaseVolume {
			continue
		}
		if err := client.VolumeDelete(id); err == nil || !strings.Contains(err.Error(), "Cannot delete volume containing the Heketi database") {
			t.Errorf("heketi deletes the volume of its database with error %v", err)
		}
	}
	k.endWell(t)
	file := filepath.Join(t.TempDir(), "heketi.json")
	export := exec.CommandContext(t.Context(), env.heketi.Server, "db", "export", "--dbfile="+filepath.Join(k.folder, "heketi.db"), "--jsonfile="+file)
	if output, err := export.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return asOfOlderHeketi(t, must[[]byte](t)(os.ReadFile(file)))
}

// loadTopology has heketi have the nodes, as a topology file does that lists them.
func loadTopology(t *testing.T, client *gcli.Client, nodes []glustercluster.Node) {
	t.Helper()
	cluster := must[*api.ClusterInfoResponse](t)(client.ClusterCreate(&api.ClusterCreateRequest{ClusterFlags: api.ClusterFlags{File: true, Block: true}}))
	for _, node := range nodes {
		hosts := api.HostAddresses{Manage: []string{node.Name}, Storage: []string{node.Name}}
		added := must[*api.NodeInfoResponse](t)(client.NodeAdd(&api.NodeAddRequest{ClusterId: cluster.Id, Hostnames: hosts, Zone: node.Zone}))
		for _, device := range node.Devices {
			if err := client.DeviceAdd(&api.DeviceAddRequest{Device: api.Device{Name: device.Path}, NodeId: added.Id}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// asOfOlderHeketi returns a database without what heketi's versions up to 10.3 have added, and add when they start: which
// kinds of volumes a cluster takes, whose a brick is, how LVM calls a device, and what the database says of itself.
func asOfOlderHeketi(t *testing.T, text []byte) []byte {
	t.Helper()
	var entries map[string]map[string]map[string]any
	if err := json.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	delete(entries, "dbattributeentries")
	for kind, fields := range map[string][]string{"clusterentries": {"file", "block"}, "brickentries": {"volume"}, "deviceentries": {"paths", "pv_uuid"}} {
		if len(entries[kind]) == 0 {
			t.Fatalf("heketi has no %s", kind)
		}
		for _, entry := range entries[kind] {
			delete(entry, "SubType")
			for _, field := range fields {
				delete(entry["Info"].(map[string]any), field)
			}
		}
	}
	return must[[]byte](t)(json.MarshalIndent(entries, "", "    "))
}
