package rebuild_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/rebuild"
)

// TestDatabaseIsHeketis compares with entries as heketi 10.3 writes them.
func TestDatabaseIsHeketis(t *testing.T) {
	t.Parallel()
	result := newScene().mustRebuild(t)
	if len(result.Contradictions)+len(result.Leftovers)+len(result.ToDo)+len(result.Others) > 0 {
		t.Errorf("it says\n%v", result)
	}
	if want := "cluster " + cluster + ": 3 nodes, 3 volumes of 22 GiB in all"; !slices.Equal(result.Found, []string{want}) {
		t.Errorf("found is %q, want %q", result.Found, want)
	}
	database := treeOf(t, result.Database)
	node := "10000000000000000000000000000001"
	for path, want := range map[string]string{
		"clusterentries/" + cluster: `{"Info": {"id": "` + cluster + `", "nodes": ["10000000000000000000000000000001", "20000000000000000000000000000002", "30000000000000000000000000000003"],
			"volumes": ["` + id("e1") + `", "` + id("e2") + `", "` + id("e3") + `"], "block": true, "file": true, "blockvolumes": []}}`,
		"nodeentries/" + node: `{"State": "online", "Info": {"zone": 1, "hostnames": {"manage": ["node1"], "storage": ["10.0.0.1"]}, "cluster": "` + cluster + `", "id": "` + node + `"}, "Devices": ["` + device(1) + `"]}`,
		"deviceentries/" + device(1): `{"State": "online", "Info": {"name": "/dev/sdb", "storage": {"total": 104722432, "free": 71516160, "used": 33206272}, "id": "` + device(1) + `", "paths": ["/dev/disk/by-path/b", "/dev/sdb"], "pv_uuid": "u-1"},
			"Bricks": ["` + id("b101") + `", "` + id("b201") + `", "` + id("b301") + `", "` + id("b311") + `"], "NodeId": "` + node + `", "ExtentSize": 4096}`,
		"brickentries/" + id("b301"): `{"Info": {"id": "` + id("b301") + `", "path": "/var/lib/heketi/mounts/vg_` + device(1) + `/brick_` + id("b301") + `/brick", "device": "` + device(1) + `", "node": "` + node + `", "volume": "` + id("e3") + `", "size": 10485760},
			"TpSize": 15728640, "PoolMetadataSize": 81920, "Pending": {"Id": ""}, "LvmThinPool": "tp_` + id("a301") + `", "LvmLv": "", "SubType": 1}`,
		"volumeentries/" + id("e3"): `{"Info": {"size": 20, "name": "pvc-three", "durability": {"type": "replicate", "replicate": {"replica": 3}, "disperse": {}}, "gid": 2001, "snapshot": {"enable": true, "factor": 1.5},
			"id": "` + id("e3") + `", "cluster": "` + cluster + `", "mount": {"glusterfs": {"hosts": ["10.0.0.1", "10.0.0.2", "10.0.0.3"], "device": "10.0.0.1:pvc-three", "options": {"backup-volfile-servers": "10.0.0.2,10.0.0.3"}}}, "blockinfo": {}},
			"Bricks": ["` + id("b301") + `", "` + id("b302") + `", "` + id("b303") + `", "` + id("b311") + `", "` + id("b312") + `", "` + id("b313") + `"], "GlusterVolumeOptions": ["", "user.heketi.arbiter true", "performance.cache-size 64MB", ""], "Pending": {"Id": ""}}`,
		"pendingoperations": `{}`, "blockvolumeentries": `{}`,
	} {
		got := any(database)
		for key := range strings.SplitSeq(path, "/") {
			got = got.(tree)[key]
		}
		if wanted := treeOf(t, []byte(want)); !reflect.DeepEqual(got, wanted) {
			text, _ := json.Marshal(got)
			t.Errorf("%s is\n%s\nwant\n%s", path, text, want)
		}
	}
	arbiter := database["brickentries"].(tree)[id("b303")].(tree)
	if arbiter["SubType"] != 2.0 || arbiter["Info"].(tree)["size"] != 163840.0 || arbiter["TpSize"] != 245760.0 {
		t.Errorf("the arbiter is %v", arbiter)
	}
	dispersed := database["volumeentries"].(tree)[id("e2")].(tree)["Info"].(tree)
	if want := (tree{"type": "disperse", "replicate": tree{}, "disperse": tree{"data": 2.0, "redundancy": 1.0}}); !reflect.DeepEqual(dispersed["durability"], want) || dispersed["size"] != 1.0 {
		t.Errorf("the dispersed volume is %v", dispersed)
	}
}

// TestContradictions has things that cannot be, each of which is told, and left out.
func TestContradictions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*scene)
		want    string
		left    int
	}{
		"a host did not tell":           {func(s *scene) { s.missing[2] = true }, "storage host 10.0.0.2 is in the pool, and there is nothing from it", 0},
		"hosts tell different options":  {func(s *scene) { s.replace("<value>64MB<", "<value>32MB<", 2) }, "volume pvc-three is left out: storage hosts node1 and node2 tell different things", 2},
		"a host does not know a volume": {func(s *scene) { s.replace("<name>pvc-one</name>", "<name>pvc-other</name>", 3) }, "volume pvc-one is left out: storage hosts node1 and node3", 2},
		"the logical volume is gone":    {func(s *scene) { s.replace(`"lv_name":"brick_`+id("b102"), `"lv_name":"gone_`+id("b102"), 2) }, "volume pvc-one is left out: storage host node2 has no logical volume vg_" + device(2) + "/brick_" + id("b102"), 2},
		"two bricks in one pool":        {func(s *scene) { s.replace(`"pool_lv":"tp_`+id("a102"), `"pool_lv":"tp_`+id("a202"), 2) }, "of vg_" + device(2) + " on storage host node2 are in one pool", 1},
		"a pool with another name":      {func(s *scene) { s.replace("tp_"+id("a102"), "pool", 2) }, `on storage host node2 is in the pool "pool"`, 2},
		"the volume group is gone":      {func(s *scene) { s.replace(`"vg_name":"vg_`, `"vg_name":"was_`, 2) }, "storage host node2 has no volume group vg_" + device(2), 0},
		"gluster lacks the volume":      {func(s *scene) { s.pvs[0].Spec.CSI.VolumeAttributes["volume"] = "lost" }, "PersistentVolume one has volume lost, which gluster does not have", 3},
		"another id":                    {func(s *scene) { s.pvs[0].Spec.CSI.VolumeHandle = cluster + ":" + id("ee") }, "its id is " + id("e1") + " by gluster's option user.heketi.id and " + id("ee") + " by PersistentVolume one", 2},
		"another cluster": {func(s *scene) {
			s.pvs = append(s.pvs, s.pvs[0])
			s.pvs[1].Spec.CSI.VolumeHandle = id("cc") + ":" + id("e3")
		}, "PersistentVolume three has it in cluster " + id("cc"), 2},
		"two volumes with one id": {func(s *scene) { s.volumes[2].id = id("e1"); s.pvs = s.pvs[:1] }, "its id " + id("e1") + " is that of volume pvc-one", 2},
		"bricks elsewhere, too":   {func(s *scene) { s.replace(s.volumes[0].path(0, 2), "/data/brick", 1, 2, 3) }, "of its 3 bricks only 2 are in folders of heketi's", 2},
		"a clone": {func(s *scene) {
			s.replace("/var/lib/heketi/mounts/vg_"+device(1)+"/brick_"+id("b101"), "/run/gluster/snaps/x", 1, 2, 3)
			s.clone()
		}, "its bricks are of a snapshot", 2},
		"no brick is mounted, and nobody tells more": {func(s *scene) {
			for host := 1; host <= 3; host++ {
				s.change[host] = func(text string) string {
					return strings.ReplaceAll(text, "0 "+s.volumes[1].path(0, host)+"\n", "")
				}
			}
		}, "volume vol_" + id("e2") + " is left out: none of its bricks is mounted, so that nothing tells", 2},
		"it holds block volumes": {func(s *scene) { s.replace("2000 "+s.volumes[0].path(0, 1), "block "+s.volumes[0].path(0, 1), 1) }, "it holds block volumes", 2},
		"more bricks than there is room": {func(s *scene) {
			s.replace(fmt.Sprintf(`"vg_extent_count":"25567","vg_free_count":"%d"`, s.freeOf(1)), `"vg_extent_count":"400","vg_free_count":"0"`, 1)
		}, "its bricks do not fit on device /dev/sdb", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene()
			test.happens(s)
			result := s.mustRebuild(t)
			if !slices.ContainsFunc(result.Contradictions, func(said string) bool { return strings.Contains(said, test.want) }) {
				t.Errorf("the contradictions are %q, want %q", result.Contradictions, test.want)
			}
			database := treeOf(t, result.Database)
			if left := len(database["volumeentries"].(tree)); left != test.left {
				t.Errorf("the database has %d volumes, want %d", left, test.left)
			}
			checkConsistent(t, database)
		})
	}
}

// clone has the bricks of the first volume be a snapshot's, on all hosts.
func (s *scene) clone() {
	for host := 1; host <= 3; host++ {
		s.change[host] = func(text string) string {
			for brick := 1; brick <= 3; brick++ {
				text = strings.ReplaceAll(text, s.volumes[0].path(0, brick), fmt.Sprint("/run/gluster/snaps/x/brick", brick))
			}
			return text
		}
	}
}

// TestRoomOfOthers has heketi take no room for free that LVM does not have: that of leftovers, of volumes that are left out, of pools' spare metadata.
func TestRoomOfOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*scene)
		free    float64
	}{
		"nothing else":         {func(*scene) {}, 71516160},
		"a leftover":           {func(s *scene) { s.taken[1] = 256 }, 71516160 - 256*4096},
		"a volume is left out": {func(s *scene) { s.replace(`"lv_name":"brick_`+id("b102"), `"lv_name":"gone_`+id("b102"), 2) }, 71516160},
		"less than bricks take": {func(s *scene) {
			s.replace(fmt.Sprintf(`"vg_free_count":"%d"`, s.freeOf(1)), `"vg_free_count":"25000"`, 1)
		}, 71516160},
		"all that is left": {func(s *scene) { s.taken[1] = s.freeOf(1) }, 0},
	} {
		s := newScene()
		test.happens(s)
		result := s.mustRebuild(t)
		database := treeOf(t, result.Database)
		if got := database["deviceentries"].(tree)[device(1)].(tree)["Info"].(tree)["storage"].(tree)["free"]; got != test.free {
			t.Errorf("%s: heketi takes %.0f KiB for free, want %.0f", name, got, test.free)
		}
		checkConsistent(t, database)
		told := slices.ContainsFunc(result.Decided, func(line string) bool { return strings.Contains(line, "MiB less free") })
		if told != (test.free != 71516160) && name != "a volume is left out" {
			t.Errorf("%s: it says %q", name, result.Decided)
		}
	}
}

// checkConsistent checks what heketi checks of its database: what refers to what, and sizes.
func checkConsistent(t *testing.T, database tree) {
	t.Helper()
	of := func(kind, id string) tree {
		entry, there := database[kind+"entries"].(tree)[id]
		if !there {
			t.Errorf("there is no %s %s", kind, id)
			return tree{"Info": tree{}}
		}
		return entry.(tree)
	}
	used := map[string]float64{}
	for id, entry := range database["brickentries"].(tree) {
		brick := entry.(tree)
		info := brick["Info"].(tree)
		used[info["device"].(string)] += brick["TpSize"].(float64) + brick["PoolMetadataSize"].(float64)
		for kind, link := range map[string]string{"device": "device", "volume": "volume"} {
			bricks, _ := of(kind, info[link].(string))["Bricks"].([]any)
			if !slices.Contains(bricks, any(id)) {
				t.Errorf("%s %v does not have brick %s", kind, info[link], id)
			}
		}
		of("node", info["node"].(string))
	}
	for id, entry := range database["deviceentries"].(tree) {
		storage := entry.(tree)["Info"].(tree)["storage"].(tree)
		if storage["used"] != used[id] || storage["total"] != storage["used"].(float64)+storage["free"].(float64) {
			t.Errorf("device %s has %v, and bricks of %v", id, storage, used[id])
		}
		of("node", entry.(tree)["NodeId"].(string))
	}
	for id, volume := range database["volumeentries"].(tree) {
		volumes, _ := of("cluster", volume.(tree)["Info"].(tree)["cluster"].(string))["Info"].(tree)["volumes"].([]any)
		if !slices.Contains(volumes, any(id)) {
			t.Errorf("the cluster does not have volume %s", id)
		}
	}
}

// TestDecisions has what heketi had be unknown, or be known in two ways.
func TestDecisions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*scene)
		said    func(*rebuild.Result) []string
		want    string
	}{
		"no PersistentVolumes": {func(s *scene) { s.pvs = nil }, decided, "no PersistentVolume tells the id of the cluster of storage host node1"},
		"no id at all":         {func(s *scene) { s.volumes[0].id = ""; s.pvs = s.pvs[1:] }, decided, "volume pvc-one: nobody tells heketi's id of it; it becomes f0000000000000000000000000000001"},
		"another GID":          {func(s *scene) { s.volumes[0].gid = 5 }, decided, "volume pvc-one: PersistentVolume one has the GID 2000, which counts, and the folders of its bricks have 5"},
		"another size":         {func(s *scene) { s.pvs[1] = persistentVolume("three", "pvc-three", id("e3"), 10, 2001) }, decided, "volume pvc-three has 20 GiB by its bricks, which counts, and PersistentVolume three has 10 GiB"},
		"enlarged by hand":     {func(s *scene) { s.volumes[0].brickKiB += 123 * 4096; s.volumes[0].poolKiB += 123 * 4096 }, decided, "volume pvc-one: its bricks have other sizes than heketi gives"},
		"pools of other sizes": {func(s *scene) {
			s.extra[1] = nil
			s.replace(fmt.Sprint(`"lv_size":"`, 15<<30), fmt.Sprint(`"lv_size":"`, 16<<30), 1)
		}, decided, "volume pvc-three: its pools are larger than its bricks by no factor"},
		"more metadata":                      {func(s *scene) { s.replace(`"lv_metadata_size":"8388608"`, `"lv_metadata_size":"16777216"`, 1) }, decided, "has 16384 KiB of metadata, and heketi counts 8192"},
		"arbiters that heketi does not know": {func(s *scene) { s.volumes[2].options = nil }, decided, "volume pvc-three has arbiters, and no option"},
		"snapshots":                          {func(s *scene) { s.replace("<count>0</count>", "<count>1</count><snapshot>monday</snapshot>", 1, 2, 3) }, decided, "gluster's snapshot monday is not in the database"},
		"another's volume":                   {func(s *scene) { s.clone(); s.foreign() }, func(r *rebuild.Result) []string { return r.Others }, "volume pvc-one: its bricks are elsewhere (10.0.0.1:/data/1)"},
		"another cluster's": {func(s *scene) {
			s.pvs = append(s.pvs, persistentVolume("far", "far", id("e9"), 1, 1))
			s.pvs[2].Spec.CSI.VolumeHandle = id("cc") + ":" + id("e9")
		}, func(r *rebuild.Result) []string { return r.Others }, "PersistentVolume far: its volume far is in cluster " + id("cc")},
		"a leftover": {func(s *scene) { s.extra[2] = []string{logical(2, "brick_"+id("bf"), "tp_"+id("bf"), 1<<20, 0)} }, func(r *rebuild.Result) []string { return r.Leftovers }, "storage host node2: logical volume vg_" + device(2) + "/brick_" + id("bf") + ", of 1024 MiB"},
		"a snapshot of a brick": {func(s *scene) {
			s.extra[2] = []string{logical(2, "0a1b2c_0", newScene().volumes[0].pool(0, 2), 1<<20, 0)}
		}, func(r *rebuild.Result) []string { return r.Leftovers },
			"storage host node2: logical volume vg_" + device(2) + "/0a1b2c_0 is in the pool of a brick, as gluster's snapshots are"},
		"a line of fstab is lost": {func(s *scene) { s.replace(" xfs rw,inode64,noatime,nouuid 1 2", "", 3) }, toDo, "storage host node3: add the line of a brick of volume pvc-one to heketi's fstab: /dev/mapper/vg_" + device(3) + "-brick_" + id("b103") + " /var/lib/heketi/mounts/vg_" + device(3) + "/brick_" + id("b103") + " xfs rw,inode64,noatime,nouuid 1 2"},
		"a brick is not mounted":  {func(s *scene) { s.replace(" xfs rw 0 0", "", 3); s.unmount(3) }, toDo, "storage host node3: mount the brick of volume pvc-one at /var/lib/heketi/mounts/vg_" + device(3) + "/brick_" + id("b103")},
		"a brick is covered": {func(s *scene) {
			folder := "/var/lib/heketi/mounts/vg_" + device(3) + "/brick_" + id("b103")
			s.replace("/dev/mapper/vg_"+device(3)+"-brick_"+id("b103")+" "+folder+" xfs rw 0 0", "brick-is-not-mounted "+folder+" tmpfs ro 0 0", 3)
		}, toDo, "storage host node3: mount the brick of volume pvc-one at /var/lib/heketi/mounts/vg_" + device(3) + "/brick_" + id("b103")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene()
			test.happens(s)
			result := s.mustRebuild(t)
			if said := test.said(result); !slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, test.want) }) {
				t.Errorf("it says %q, want %q", said, test.want)
			}
			if len(result.Contradictions) > 0 {
				t.Errorf("the contradictions are %q", result.Contradictions)
			}
		})
	}
}

func decided(r *rebuild.Result) []string { return r.Decided }
func toDo(r *rebuild.Result) []string    { return r.ToDo }

// foreign has the bricks that clone has moved be somewhere else.
func (s *scene) foreign() {
	for host, clone := range s.change {
		s.change[host] = func(text string) string {
			return strings.ReplaceAll(clone(text), "/run/gluster/snaps/x/brick", "/data/")
		}
	}
	s.pvs = s.pvs[1:]
}

// unmount takes the lines of bricks out of the mounts of a host.
func (s *scene) unmount(host int) {
	s.change[host] = func(text string) string {
		before, after, _ := strings.Cut(text, "=== begin mounts\n")
		_, after, _ = strings.Cut(after, "\n=== end mounts")
		return before + "=== begin mounts\nproc /proc proc rw 0 0\n=== end mounts" + after
	}
}

// TestHostsWithoutLVM has the hosts answer as GlusterFS in pods does, where LVM is the node's.
func TestHostsWithoutLVM(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"LVM commands not found, snapshot functionality is disabled": "",
		"Another transaction is in progress":                         `snapshots: gluster said "Another transaction is in progress"`,
	} {
		s := newScene()
		s.replace("<opRet>0</opRet><opErrno>0</opErrno><opErrstr/><snapList><count>0</count></snapList>",
			"<opRet>-1</opRet><opErrno>30806</opErrno><opErrstr>"+words+"</opErrstr>", 1)
		_, err := rebuild.ParseHost("node1", []byte(s.document(1)))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("if gluster says %q, the error is %v, want %q", words, err, want)
		}
	}
}

// TestTopology has zones, tags and names from a topology file.
func TestTopology(t *testing.T) {
	t.Parallel()
	s := newScene()
	var err error
	s.topology, err = rebuild.ParseTopology([]byte(`{"clusters": [{"nodes": [
		{"node": {"hostnames": {"manage": ["manage1"], "storage": ["10.0.0.1"]}, "zone": 3, "tags": {"rack": "a"}}, "devices": ["/dev/disk/by-path/b"]},
		{"node": {"hostnames": {"manage": ["node2"], "storage": ["10.0.0.2"]}, "zone": 4}, "devices": [{"name": "/dev/sdb", "tags": {"arbiter": "disabled"}}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	result := s.mustRebuild(t)
	database := treeOf(t, result.Database)
	nodes, devices := database["nodeentries"].(tree), database["deviceentries"].(tree)
	got := []any{
		nodes["10000000000000000000000000000001"].(tree)["Info"].(tree)["zone"], nodes["10000000000000000000000000000001"].(tree)["Info"].(tree)["tags"],
		nodes["10000000000000000000000000000001"].(tree)["Info"].(tree)["hostnames"].(tree)["manage"],
		devices[device(1)].(tree)["Info"].(tree)["name"], devices[device(2)].(tree)["Info"].(tree)["tags"],
		nodes["30000000000000000000000000000003"].(tree)["Info"].(tree)["zone"],
	}
	want := []any{3.0, tree{"rack": "a"}, []any{"manage1"}, "/dev/disk/by-path/b", tree{"arbiter": "disabled"}, 1.0}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("nodes and devices have %v, want %v", got, want)
	}
	for _, want := range []string{"heketi reaches storage host node1 as manage1", "the zone of storage host node3 is not known"} {
		if !strings.Contains(result.String(), "decided: "+want) {
			t.Errorf("it does not say %q:\n%v", want, result)
		}
	}
	for _, wrong := range []string{``, `{}`, `{"clusters": [{"nodes": [{"node": {"zone": 0}}]}]}`, `{"kind": "List", "items": [{"kind": "PersistentVolume"}]}`} {
		if _, err := rebuild.ParseTopology([]byte(wrong)); err == nil {
			t.Errorf("%q is a topology", wrong)
		}
	}
}

// TestTopologyOfGlusterClusters has zones and names from objects, as kubectl prints a list of them, or one.
func TestTopologyOfGlusterClusters(t *testing.T) {
	t.Parallel()
	const object = `{"kind": "GlusterCluster", "spec": {"nodes": [
		{"name": "node1", "zone": 3, "devices": [{"path": "/dev/disk/by-path/b"}]}, {"name": "node2", "address": "10.0.0.2"}]}}`
	for _, text := range []string{object, `{"kind": "List", "items": [` + object + `]}`} {
		s := newScene()
		var err error
		if s.topology, err = rebuild.ParseTopology([]byte(text)); err != nil {
			t.Fatal(err)
		}
		result := s.mustRebuild(t)
		database := treeOf(t, result.Database)
		nodes, devices := database["nodeentries"].(tree), database["deviceentries"].(tree)
		got := []any{
			nodes["10000000000000000000000000000001"].(tree)["Info"].(tree)["zone"], nodes["20000000000000000000000000000002"].(tree)["Info"].(tree)["zone"],
			devices[device(1)].(tree)["Info"].(tree)["name"],
		}
		if want := []any{3.0, 1.0, "/dev/disk/by-path/b"}; !reflect.DeepEqual(got, want) {
			t.Errorf("nodes and devices have %v, want %v", got, want)
		}
		for id, cluster := range database["clusterentries"].(tree) {
			if info := cluster.(tree)["Info"].(tree); info["file"] != true || info["block"] != false {
				t.Errorf("cluster %s, which a keeper has made for file volumes only, is %v", id, info)
			}
		}
		for _, unwanted := range []string{"node1 is not known", "node2 is not known", "block volumes"} {
			if strings.Contains(result.String(), unwanted) {
				t.Errorf("it says %q:\n%v", unwanted, result)
			}
		}
	}
}

// TestSourcesThatCannotBe has sources of which nothing is made.
func TestSourcesThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*scene)
		want    string
	}{
		"no hosts":       {func(s *scene) { s.missing = map[int]bool{1: true, 2: true, 3: true} }, "nothing from any storage host"},
		"one host twice": {func(s *scene) { s.change[2] = func(string) string { return (newScene()).document(1) } }, "node1 and node2 are of one storage host"},
		"a shared disk":  {func(s *scene) { s.replace(device(2), device(1), 2) }, "both have volume group vg_" + device(1)},
		"no cluster":     {func(s *scene) { s.pvs[0].Spec.CSI.VolumeHandle = "nothing:x" }, `PersistentVolume one: its cluster is "nothing"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene()
			test.happens(s)
			if _, err := s.rebuild(t); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

// TestSameEachTime makes the same of the same, in whatever order it comes.
func TestSameEachTime(t *testing.T) {
	t.Parallel()
	first := newScene().mustRebuild(t)
	for range 3 {
		s := newScene()
		slices.Reverse(s.pvs)
		if again := s.mustRebuild(t); !reflect.DeepEqual(again, first) {
			t.Fatalf("it says\n%v\nand before\n%v", again, first)
		}
	}
	if kinds := slices.Sorted(maps.Keys(treeOf(t, first.Database))); len(kinds) != 8 {
		t.Errorf("the database has %q", kinds)
	}
}
