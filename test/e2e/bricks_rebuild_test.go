package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/e2e/dumps"
)

// TestBricksRebuild loses heketi's database, and makes it again as docs/rebuilding.md tells. It is what it
// was, but for what the page lists. heketi goes on with it.
func TestBricksRebuild(t *testing.T) {
	before, namespace, lap := presentNow(t), namespaceFor(t), laps(t)
	makeNamespace(t, namespace)
	claims := makeVolumesOfAllKinds(t, namespace)
	byHand := makeVolumesByHand(t)
	lap("made")
	whole := presentNow(t)

	page := followToRebuild(t)
	must(t, env.heketi.Kill())
	was, err := env.heketi.ExportDatabase(t.Context())
	must(t, err)
	must(t, os.WriteFile(filepath.Join(page.person.Folder, "was.json"), was, 0o600))
	must(t, os.Remove(env.heketi.DatabaseFile()))
	loseEmpty(t)
	now := rebuildDatabase(t, page)
	lap("made again")
	differences, err := dumps.Differences(was, now)
	must(t, err)
	for _, difference := range differences {
		t.Error(difference)
	}
	must(t, env.heketi.Start(t.Context()))
	must(t, checkSame(whole, presentNow(t)))
	if said := string(heketiCLI(t, "db", "check")); !strings.Contains(said, `"totalinconsistencies": 0`) {
		t.Errorf("heketi says of its database: %s", said)
	}
	checkFindings(t)
	lap("compared")

	raise(t, namespace, 4)
	waitGrown(t, namespace, 4)
	lap("grown")
	for _, id := range byHand {
		heketiCLI(t, "volume", "delete", id)
	}
	for _, claim := range claims {
		kubectl(t, "delete", "pvc", claim, "--namespace="+namespace, "--wait=false")
	}
	kubectl(t, "delete", "pv", "rebuild-by-hand")
	onHost(t, env.hosts.All()[0], "gluster --mode=script volume delete foreign && rm -r /var/lib/heketi/foreign")
	eventuallySame(t, before)
	lap("deleted")
}

// makeVolumesOfAllKinds has the provisioner make volumes of all types, and one of them grow.
func makeVolumesOfAllKinds(t *testing.T, namespace string) (claims []string) {
	t.Helper()
	kinds := []struct {
		claim      string
		gib        int64
		parameters parameters
	}{
		{"data", 1, parameters{"volumetype": "replicate:3"}},
		{"two", 1, parameters{"volumetype": "replicate:2"}},
		{"none", 2, parameters{"volumetype": "none"}},
		{"arbiter", 20, parameters{"volumeoptions": "user.heketi.arbiter true, user.heketi.average-file-size 32"}},
		{"disperse", 2, parameters{"volumetype": "disperse:2:1"}},
		{"options", 1, parameters{"volumeoptions": "performance.cache-size 64MB, client.event-threads 3", "volumenameprefix": "ours"}},
		{"snapshots", 1, parameters{"snapfactor": "1.2"}},
	}
	for _, kind := range kinds {
		makeClass(t, "rebuild-"+kind.claim, kind.parameters, func(class *storagev1.StorageClass) {
			allow := true
			class.AllowVolumeExpansion = &allow
		})
		makeClaim(t, claim{namespace: namespace, name: kind.claim, class: "rebuild-" + kind.claim, gib: kind.gib})
		claims = append(claims, kind.claim)
	}
	for _, claim := range claims {
		volumeOf(t, namespace, claim)
	}
	raise(t, namespace, 3)
	waitGrown(t, namespace, 3)
	return claims
}

// makeVolumesByHand has heketi make volumes without Kubernetes, one of which gets a PersistentVolume, and
// gluster one without heketi. It returns the ids of heketi's.
func makeVolumesByHand(t *testing.T) (ids []string) {
	t.Helper()
	create := func(arguments ...string) api.VolumeInfoResponse {
		var made api.VolumeInfoResponse
		must(t, json.Unmarshal(heketiCLI(t, append([]string{"volume", "create", "--json", "--size=1"}, arguments...)...), &made))
		return made
	}
	ids = append(ids, create("--replica=3").Id, create("--name=named-by-hand", "--replica=3", "--gid=4321").Id)
	static := create("--name=static-by-hand", "--replica=3", "--gid=2345")
	_, err := env.client.CoreV1().PersistentVolumes().Create(t.Context(), &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "rebuild-by-hand", Annotations: map[string]string{"pv.beta.kubernetes.io/gid": "2345"}},
		Spec: v1.PersistentVolumeSpec{
			AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteMany}, PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimRetain,
			Capacity: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")},
			PersistentVolumeSource: v1.PersistentVolumeSource{CSI: &v1.CSIPersistentVolumeSource{
				Driver: "glusterfs.csi.gluster.org", VolumeHandle: static.Cluster + ":" + static.Id,
				VolumeAttributes: map[string]string{"cluster": static.Cluster, "volume": static.Name, "servers": strings.Join(static.Mount.GlusterFS.Hosts, ",")},
			}},
		},
	}, metav1.CreateOptions{})
	must(t, err)
	t.Cleanup(func() { kubectlAfter(t, "delete", "pv", "rebuild-by-hand", "--ignore-not-found") })
	ids = append(ids, static.Id)

	host := env.hosts.All()[0]
	onHost(t, host, fmt.Sprintf("gluster --mode=script volume create foreign %s:/var/lib/heketi/foreign force", host.Address()))
	return ids
}

// followToRebuild has a person follow the page, who can log in to the hosts.
func followToRebuild(t *testing.T) reader {
	t.Helper()
	page := follow(t, "rebuilding.md")
	// The files of the hosts tell what there was, if the test fails.
	page.person.Folder = filepath.Join(env.logs, "rebuild")
	must(t, os.MkdirAll(filepath.Join(page.person.Folder, "bin"), 0o755))
	ssh := fmt.Sprintf("#!/bin/sh\nexec /usr/bin/ssh -q -i %s -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \"$@\"\n", env.hosts.KeyFile())
	must(t, os.WriteFile(filepath.Join(page.person.Folder, "bin/ssh"), []byte(ssh), 0o700))
	page.person.Environment = []string{
		"HOME=" + page.person.Folder, "KUBECONFIG=" + env.cluster.Kubeconfig(),
		"PATH=" + strings.Join([]string{
			filepath.Join(page.person.Folder, "bin"), filepath.Dir(env.programs.cluster.Kubectl),
			filepath.Dir(env.programs.heketi.Server), filepath.Dir(env.programs.provisioner), os.Getenv("PATH"),
		}, ":"),
	}
	return page
}

// loseEmpty has the empty database be there that heketi makes when it starts without one.
func loseEmpty(t *testing.T) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(heketisDatabase), 0o755))
	must(t, os.WriteFile(heketisDatabase, nil, 0o600))
}

// rebuildDatabase types the commands of the page, and has heketi have the database. It returns the database.
func rebuildDatabase(t *testing.T, page reader) []byte {
	t.Helper()
	page.types(t, "glusterfs-provisioner rebuild --script > collect.sh")
	page.types(t, "mkdir hosts")
	page.types(t, "for host in 10.77.0.1 10.77.0.2 10.77.0.3; do ssh root@$host sh -s < collect.sh > hosts/$host.txt; done")
	page.types(t, "kubectl get pv -o yaml > volumes.yaml")
	report := page.types(t, "glusterfs-provisioner rebuild --volumes=volumes.yaml --dry-run hosts/*.txt")
	t.Logf("rebuild says:\n%s", report)
	for _, want := range []string{"3 nodes, 10 volumes of 33 GiB in all", "not heketi's: volume foreign: ", "the zone of storage host 10.77.0.2 is not known"} {
		if !strings.Contains(report, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, not := range []string{"contradiction", "left over", "to do"} {
		if strings.Contains(report, not+": ") {
			t.Errorf("it tells of a %q", not)
		}
	}
	// Two of three hosts.
	_, err := page.person.Runs(t.Context(), "glusterfs-provisioner rebuild --volumes=volumes.yaml --output=without.json hosts/10.77.0.[13].txt")
	if err == nil || !strings.Contains(err.Error(), "contradictions; settle them") {
		t.Errorf("without one of the hosts, the error is %v", err)
	}
	if _, err := os.Stat(filepath.Join(page.person.Folder, "without.json")); err == nil {
		t.Error("without one of the hosts, a database was written")
	}
	page.types(t, "glusterfs-provisioner rebuild --volumes=volumes.yaml --output=rebuilt.json hosts/*.txt")
	page.types(t, "mv /var/lib/heketi/heketi.db /var/lib/heketi/heketi.db.empty")
	page.types(t, "heketi db import --jsonfile=rebuilt.json --dbfile=/var/lib/heketi/heketi.db")
	checkZones(t, page)
	must(t, copyFile(heketisDatabase, env.heketi.DatabaseFile()))
	now, err := env.heketi.ExportDatabase(t.Context())
	must(t, err)
	return now
}

// checkZones has the topology file be read, too: then the zones of the hosts are what they were.
func checkZones(t *testing.T, page reader) {
	t.Helper()
	topology, err := env.hosts.WriteTopology()
	must(t, err)
	_, err = page.person.Runs(t.Context(), "glusterfs-provisioner rebuild --volumes=volumes.yaml --output=zones.json --topology="+topology+" hosts/*.txt")
	must(t, err)
	zones := map[string]map[string]int{}
	for _, file := range []string{"was.json", "zones.json"} {
		var database struct {
			Nodes map[string]struct{ Info api.NodeInfo } `json:"nodeentries"`
		}
		text, err := os.ReadFile(filepath.Join(page.person.Folder, file))
		must(t, err)
		must(t, json.Unmarshal(text, &database))
		zones[file] = map[string]int{}
		for _, node := range database.Nodes {
			zones[file][node.Info.Hostnames.Manage[0]] = node.Info.Zone
		}
	}
	if !maps.Equal(zones["was.json"], zones["zones.json"]) || len(zones["was.json"]) != 3 {
		t.Errorf("the zones are %v", zones)
	}
}
