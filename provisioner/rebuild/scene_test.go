package rebuild_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/rebuild"
)

// id is an id of heketi's that is easy to read.
func id(beginning string) string { return beginning + strings.Repeat("0", 32-len(beginning)) }

const cluster = "c1000000000000000000000000000000"

// scene is what three storage hosts tell, each with one device, and what there is in Kubernetes.
type scene struct {
	volumes []sceneVolume
	// extra are further logical volumes of a host, as lvs tells them, and taken is how many extents these and others take.
	extra map[int][]string
	taken map[int]uint64
	// change changes the document of a host.
	change   map[int]func(string) string
	missing  map[int]bool
	pvs      []v1.PersistentVolume
	topology *rebuild.Topology
}

// sceneVolume is a volume as gluster and LVM have it.
type sceneVolume struct {
	name, id                                 string
	replicas, arbiters, disperse, redundancy int
	// brickKiB and poolKiB are sizes in LVM; arbiterKiB is that of an arbiter and its pool.
	brickKiB, poolKiB, arbiterKiB uint64
	gid                           int
	options                       []string
	// sets are how many sets of bricks there are.
	sets int
	// number makes the ids of its bricks.
	number int
}

// newScene has a volume with a PersistentVolume, one that heketi has named and that nobody else knows, and one with arbiters.
func newScene() *scene {
	s := &scene{extra: map[int][]string{}, taken: map[int]uint64{}, change: map[int]func(string) string{}, missing: map[int]bool{}}
	s.volumes = []sceneVolume{
		{name: "pvc-one", id: id("e1"), replicas: 3, brickKiB: 1 << 20, poolKiB: 1 << 20, gid: 2000, sets: 1, number: 1},
		{name: "vol_" + id("e2"), replicas: 1, disperse: 3, redundancy: 1, brickKiB: 1 << 19, poolKiB: 1 << 19, gid: 0, sets: 1, number: 2},
		{
			name: "pvc-three", id: id("e3"), replicas: 3, arbiters: 1, brickKiB: 10 << 20, poolKiB: 15 << 20, arbiterKiB: 160 << 10, gid: 2001, sets: 2, number: 3,
			options: []string{"user.heketi.arbiter=true", "performance.cache-size=64MB", "nfs.disable=on"},
		},
	}
	s.pvs = []v1.PersistentVolume{persistentVolume("one", "pvc-one", id("e1"), 1, 2000), persistentVolume("three", "pvc-three", id("e3"), 20, 2001)}
	return s
}

// persistentVolume is one of this project's.
func persistentVolume(name, volume, volumeID string, gib int, gid int) v1.PersistentVolume {
	return v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{"pv.beta.kubernetes.io/gid": fmt.Sprint(gid)}},
		Spec: v1.PersistentVolumeSpec{
			Capacity: v1.ResourceList{v1.ResourceStorage: resource.MustParse(fmt.Sprintf("%dGi", gib))},
			PersistentVolumeSource: v1.PersistentVolumeSource{CSI: &v1.CSIPersistentVolumeSource{
				Driver: "glusterfs.csi.gluster.org", VolumeHandle: cluster + ":" + volumeID, VolumeAttributes: map[string]string{"volume": volume},
			}},
		},
	}
}

func uuid(host int) string { return fmt.Sprintf("%d0000000-0000-0000-0000-00000000000%d", host, host) }

func device(host int) string { return id(fmt.Sprint("d", host)) }

// brickID is the id of a volume's brick in a set, on a host.
func (v sceneVolume) brickID(set, host int) string {
	return id(fmt.Sprintf("b%d%d%d", v.number, set, host))
}

// pool is the thin pool of that brick. Its id is not the brick's.
func (v sceneVolume) pool(set, host int) string {
	return "tp_" + id(fmt.Sprintf("a%d%d%d", v.number, set, host))
}

func (v sceneVolume) path(set, host int) string {
	return "/var/lib/heketi/mounts/vg_" + device(host) + "/brick_" + v.brickID(set, host) + "/brick"
}

// hostsOf are the hosts that have a brick of each set.
func (v sceneVolume) hostsOf() []int {
	return []int{1, 2, 3}[:max(v.disperse, v.replicas)]
}

func (v sceneVolume) xml() string {
	var bricks, options strings.Builder
	for set := range v.sets {
		for _, host := range v.hostsOf() {
			arbiter := 0
			if v.arbiters > 0 && host == 3 {
				arbiter = 1
			}
			fmt.Fprintf(&bricks, "<brick uuid=\"%[1]s\">10.0.0.%[2]d:%[3]s<name>10.0.0.%[2]d:%[3]s</name><hostUuid>%[1]s</hostUuid><isArbiter>%[4]d</isArbiter></brick>", uuid(host), host, v.path(set, host), arbiter)
		}
	}
	all := v.options
	if v.id != "" {
		all = append([]string{"user.heketi.id=" + v.id}, all...)
	}
	for _, option := range all {
		name, value, _ := strings.Cut(option, "=")
		fmt.Fprintf(&options, "<option><name>%s</name><value>%s</value></option>", name, value)
	}
	return fmt.Sprintf("<volume><name>%s</name><id>f0000000-0000-0000-0000-00000000000%d</id><status>1</status><brickCount>%d</brickCount><replicaCount>%d</replicaCount><arbiterCount>%d</arbiterCount><disperseCount>%d</disperseCount><redundancyCount>%d</redundancyCount><bricks>%s</bricks><optCount>%d</optCount><options>%s</options></volume>\n",
		v.name, v.number, v.sets*len(v.hostsOf()), v.replicas, v.arbiters, v.disperse, v.redundancy, &bricks, len(all), &options)
}

// logical is a row of lvs.
func logical(host int, name, pool string, kib, metadataKiB uint64) string {
	metadata := ""
	if metadataKiB > 0 {
		metadata = fmt.Sprint(metadataKiB << 10)
	}
	return fmt.Sprintf(`{"lv_name":"%s","vg_name":"vg_%s","lv_size":"%d","lv_metadata_size":"%s","pool_lv":"%s"}`, name, device(host), kib<<10, metadata, pool)
}

// sizesOn are the sizes of a volume's brick on a host, of the pool and of its metadata.
func (v sceneVolume) sizesOn(host int) (brick, pool, metadata uint64) {
	brick, pool = v.brickKiB, v.poolKiB
	if v.arbiters > 0 && host == 3 {
		brick, pool = v.arbiterKiB, v.arbiterKiB*v.poolKiB/v.brickKiB
	}
	return brick, pool, (pool/200 + 4095) / 4096 * 4096
}

// freeOf is how many extents of the host's device are free.
func (s *scene) freeOf(host int) uint64 {
	free := 25567 - s.taken[host]
	for _, v := range s.volumes {
		if slices.Contains(v.hostsOf(), host) {
			_, pool, metadata := v.sizesOn(host)
			free -= uint64(v.sets) * (pool + metadata) / 4096
		}
	}
	return free
}

// document is what the script prints on a host.
func (s *scene) document(host int) string {
	var volumes, folders, fstab, mounts strings.Builder
	rows := slices.Clone(s.extra[host])
	for _, v := range s.volumes {
		volumes.WriteString(v.xml())
		if !slices.Contains(v.hostsOf(), host) {
			continue
		}
		for set := range v.sets {
			brick, pool, metadata := v.sizesOn(host)
			name := v.brickID(set, host)
			rows = append(rows, logical(host, v.pool(set, host), "", pool, metadata), logical(host, "brick_"+name, v.pool(set, host), brick, 0))
			folder := strings.TrimSuffix(v.path(set, host), "/brick")
			fmt.Fprintf(&folders, "%d %s\n", v.gid, v.path(set, host))
			fmt.Fprintf(&fstab, "/dev/mapper/vg_%s-brick_%s %s xfs rw,inode64,noatime,nouuid 1 2\n", device(host), name, folder)
			fmt.Fprintf(&mounts, "/dev/mapper/vg_%s-brick_%s %s xfs rw 0 0\n", device(host), name, folder)
		}
	}
	var peers strings.Builder
	for other := 1; other <= 3; other++ {
		name := fmt.Sprint("10.0.0.", other)
		if other == host {
			name = "localhost"
		}
		fmt.Fprintf(&peers, "<peer><uuid>%s</uuid><hostname>%s</hostname><connected>1</connected></peer>", uuid(other), name)
	}
	const cli = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/>%s</cliOutput>"
	var text strings.Builder
	text.WriteString("Welcome!\n")
	for _, part := range []struct{ name, text string }{
		{"format", "1"},
		{"glusterd", "UUID=" + uuid(host) + "\noperating-version=100000"},
		{"peers", fmt.Sprintf(cli, "<peerStatus>"+peers.String()+"</peerStatus>")},
		{"volumes", fmt.Sprintf(cli, "<volInfo><volumes>"+volumes.String()+"</volumes></volInfo>")},
		{"snapshots", fmt.Sprintf(cli, "<snapList><count>0</count></snapList>")},
		{"pvs", fmt.Sprintf(`{"report":[{"pv":[{"pv_name":"/dev/sda2","pv_uuid":"u-system","vg_name":"system"},{"pv_name":"/dev/sdb","pv_uuid":"u-%d","vg_name":"vg_%s"}]}]}`, host, device(host))},
		{"vgs", fmt.Sprintf(`{"report":[{"vg":[{"vg_name":"system","pv_count":"2","vg_extent_size":"4194304","vg_extent_count":"9","vg_free_count":"0"},{"vg_name":"vg_%s","pv_count":"1","vg_extent_size":"4194304","vg_extent_count":"25567","vg_free_count":"%d"}]}]}`, device(host), s.freeOf(host))},
		{"lvs", `{"report":[{"lv":[` + strings.Join(rows, ",") + `]}]}`},
		{"links", "/dev/sdb disk/by-id/lvm-pv-uuid-u disk/by-path/b"},
		{"folders", folders.String()},
		{"fstab", "# none of heketi's\nproc /proc proc defaults 0 0\n" + fstab.String()},
		{"mounts", mounts.String()},
		{"all", ""},
	} {
		fmt.Fprintf(&text, "=== begin %s\n%s\n\n=== end %s 0\n", part.name, part.text, part.name)
	}
	if s.change[host] != nil {
		return s.change[host](text.String())
	}
	return text.String()
}

// replace has a text replaced in the documents of hosts.
func (s *scene) replace(old, replacement string, hosts ...int) {
	for _, host := range hosts {
		s.change[host] = func(text string) string { return strings.ReplaceAll(text, old, replacement) }
	}
}

func (s *scene) rebuild(t *testing.T) (*rebuild.Result, error) {
	t.Helper()
	var hosts []*rebuild.Host
	for host := 1; host <= 3; host++ {
		if s.missing[host] {
			continue
		}
		parsed, err := rebuild.ParseHost(fmt.Sprint("node", host), []byte(s.document(host)))
		if err != nil {
			t.Fatalf("host %d: %v", host, err)
		}
		hosts = append(hosts, parsed)
	}
	return rebuild.Rebuild(rebuild.Sources{Hosts: hosts, PersistentVolumes: s.pvs, Topology: s.topology})
}

func (s *scene) mustRebuild(t *testing.T) *rebuild.Result {
	t.Helper()
	result, err := s.rebuild(t)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// tree is an object of JSON.
type tree = map[string]any

func treeOf(t *testing.T, text []byte) tree {
	t.Helper()
	var read tree
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}
