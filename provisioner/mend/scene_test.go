package mend_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/mend"
)

// testdata/before.json is what heketi 10.3 exported after it was killed in an expansion and
// started again, with ids that can be told apart: an id is one of these and 30 zeros.
const (
	cluster           = "c1"
	host1             = "a1"
	host3             = "a3"
	volume            = "e1" // vol_example, with b1 to b3, and b4 to b6 pending
	otherVolume       = "e2" // vol_other, with b7 to b9
	expansion         = "f1"
	oldBrick          = "b1"
	newBrick          = "b4" // on host1, as b1 and b7
	newBrick3         = "b6" // on host3
	otherVolumesBrick = "b7"
)

func id(short string) string { return short + strings.Repeat("0", 32-len(short)) }

// tree is a JSON object.
type tree = map[string]any

func treeOf(t testing.TB, text []byte) tree {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var read tree
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	return read
}

func textOf(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(value, "", "    ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func mustRead(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// scene is heketi's database, and what the storage hosts tell.
type scene struct {
	database tree
	// viewed is the database that the view of gluster has; nil for the same.
	viewed tree
	hosts  map[string]*host
}

// host is a storage host.
type host struct {
	silent  bool
	volumes map[string][]string
	mounts  []tree
	// logical is nil if LVM does not tell.
	logical []tree
}

// newScene returns that gluster has all bricks, and the hosts have all mounted.
func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{database: treeOf(t, mustRead(t, "before.json")), hosts: map[string]*host{}}
	inVolumes := map[string][]string{}
	for _, node := range s.nodes() {
		s.hosts[node] = &host{}
	}
	for _, brick := range slices.Sorted(maps.Keys(s.all("brickentries"))) {
		info := s.entry("brickentries", brick)["Info"].(tree)
		name := s.entry("volumeentries", info["volume"].(string))["Info"].(tree)["name"].(string)
		node := info["node"].(string)
		address := s.entry("nodeentries", node)["Info"].(tree)["hostnames"].(tree)["storage"].([]any)[0].(string)
		path, group := info["path"].(string), "vg_"+info["device"].(string)
		inVolumes[name] = append(inVolumes[name], address+":"+path)
		s.hosts[node].mounts = append(s.hosts[node].mounts, tree{
			"Device": "/dev/mapper/" + group + "-brick_" + brick, "MountPoint": strings.TrimSuffix(path, "/brick"),
			"Type": "xfs", "MountOptions": "rw,inode64,noatime,nouuid,discard", "Mounted": true,
		})
		s.hosts[node].logical = append(s.hosts[node].logical,
			tree{"lv_name": "tp_" + brick, "vg_name": group}, tree{"lv_name": "brick_" + brick, "vg_name": group})
	}
	for _, h := range s.hosts {
		h.volumes = map[string][]string{"heketidbstorage": nil}
		for name, bricks := range inVolumes {
			h.volumes[name] = slices.Clone(bricks)
		}
	}
	return s
}

func (s *scene) all(kind string) tree { return s.database[kind].(tree) }

// entry is an entry of the database, by its short or whole id.
func (s *scene) entry(kind, short string) tree { return s.all(kind)[id(short)].(tree) }

func (s *scene) nodes() []string { return slices.Sorted(maps.Keys(s.all("nodeentries"))) }

func (s *scene) brick(short string) tree { return s.entry("brickentries", short) }

func (s *scene) volume() tree { return s.entry("volumeentries", volume) }

func (s *scene) operation() tree { return s.entry("pendingoperations", expansion) }

func (s *scene) action(i int) tree { return s.operation()["Actions"].([]any)[i].(tree) }

func (s *scene) host(short string) *host { return s.hosts[id(short)] }

// detach takes bricks out of gluster's volume on some hosts, or on all.
func (s *scene) detach(bricks []string, hosts ...string) {
	for node, h := range s.hosts {
		if len(hosts) > 0 && !slices.Contains(hosts, node[:2]) {
			continue
		}
		h.volumes["vol_example"] = slices.DeleteFunc(h.volumes["vol_example"], func(b string) bool {
			return slices.ContainsFunc(bricks, func(short string) bool { return strings.Contains(b, id(short)) })
		})
	}
}

// unmount takes what names a brick out of the host's fstab.
func (h *host) unmount(short string) {
	h.mounts = slices.DeleteFunc(h.mounts, func(m tree) bool { return strings.Contains(m["Device"].(string), id(short)) })
}

// answer is what heketi answers of the hosts.
func (s *scene) answer(t testing.TB) []byte {
	t.Helper()
	var hosts []tree
	for _, node := range s.nodes() {
		h, told := s.hosts[node], tree{"NodeHeketiID": node}
		if h != nil && !h.silent {
			var volumes []tree
			for _, name := range slices.Sorted(maps.Keys(h.volumes)) {
				var bricks []tree
				for _, brick := range h.volumes[name] {
					bricks = append(bricks, tree{"Name": brick})
				}
				volumes = append(volumes, tree{"VolumeName": name, "StatusStr": "Started", "Bricks": tree{"BrickList": bricks}})
			}
			told["VolumeInfo"] = tree{"Volumes": tree{"VolumeList": volumes}}
			told["BricksMountStatus"] = tree{"Statuses": h.mounts}
			if h.logical != nil {
				told["LVMLVInfo"] = tree{"report": []tree{{"lv": h.logical}}}
			}
		}
		hosts = append(hosts, told)
	}
	viewed := s.viewed
	if viewed == nil {
		viewed = s.database
	}
	return textOf(t, tree{"heketidb": viewed, "clusters": []tree{{"ClusterHeketiID": id(cluster), "NodesData": hosts}}})
}

func (s *scene) view(t testing.TB) *gluster.State {
	t.Helper()
	view, err := gluster.Parse(s.answer(t))
	if err != nil {
		t.Fatal(err)
	}
	return view
}

func (s *scene) mend(t testing.TB) (*mend.Result, error) {
	t.Helper()
	return read(t, textOf(t, s.database)).Mend(s.view(t))
}

func read(t testing.TB, text []byte) *mend.Database {
	t.Helper()
	database, err := mend.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return database
}
