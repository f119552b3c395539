package gluster

import (
	"encoding/json"
	"fmt"
	"testing"
)

// world is a heketi with cluster c1 of hosts n1 to n3, whose names are host-1 to host-3,
// and one volume v1, called vol, with brick b1 on n1 and so on. All is as it should be
// until a test changes something.
type world struct {
	database Database
	hosts    []Host
}

func newWorld() *world {
	w := &world{database: Database{
		Clusters: map[string]Cluster{}, Nodes: map[string]Node{}, Volumes: map[string]VolumeEntry{},
		Bricks: map[string]BrickEntry{}, Devices: map[string]struct{}{}, Operations: map[string]PendingEntry{},
	}}
	var cluster Cluster
	for i := 1; i <= 3; i++ {
		id := fmt.Sprintf("n%d", i)
		cluster.Info.Nodes = append(cluster.Info.Nodes, id)
		var node Node
		node.Info.Hostnames.Manage = []string{fmt.Sprintf("host-%d", i)}
		w.database.Nodes[id] = node
		w.database.Devices[fmt.Sprintf("d%d", i)] = struct{}{}
		w.hosts = append(w.hosts, Host{ID: id, Cluster: "c1", Name: node.Name(), Volumes: []Volume{}, Mounts: []Mount{}, LogicalVolumes: []LogicalVolume{}})
	}
	w.database.Clusters["c1"] = cluster
	var volume VolumeEntry
	volume.Info.ID, volume.Info.Name, volume.Info.Cluster, volume.Info.Size = "v1", "vol", "c1", 1
	w.database.Volumes["v1"] = volume
	for i := range w.hosts {
		w.hosts[i].Volumes = append(w.hosts[i].Volumes, Volume{Name: "vol", Status: "Started", SetSize: 3, Options: map[string]string{LookupOptimize: "off"}})
	}
	w.addBricks("", 1)
	w.inGluster(1, 2, 3)
	return w
}

// addBricks adds a brick on each host to heketi's volume and to the hosts, numbered from
// the given number on.
func (w *world) addBricks(operation string, first int) {
	volume := w.database.Volumes["v1"]
	for i := range w.hosts {
		id := fmt.Sprintf("b%d", first+i)
		var brick BrickEntry
		brick.Info.ID, brick.Info.Node, brick.Info.Volume = id, w.hosts[i].ID, "v1"
		brick.Info.Device = fmt.Sprintf("d%d", i+1)
		brick.Info.Path = brickPath(first + i)
		brick.Pending.ID = operation
		w.database.Bricks[id] = brick
		volume.Bricks = append(volume.Bricks, id)
		host := &w.hosts[i]
		host.LogicalVolumes = append(host.LogicalVolumes, LogicalVolume{brick.Group(), brick.Logical()}, LogicalVolume{brick.Group(), brick.Pool()})
		host.Mounts = append(host.Mounts, Mount{Device: brick.brickDevice(), Folder: brick.MountPoint(), Type: "xfs", Options: "rw,noatime", Mounted: true})
	}
	w.database.Volumes["v1"] = volume
}

// brickPath is the folder of a brick, by its number.
func brickPath(number int) string {
	return fmt.Sprintf("/var/lib/heketi/mounts/vg_d%d/brick_b%d/brick", (number-1)%3+1, number)
}

// inGluster adds bricks to gluster's volume, by their numbers.
func (w *world) inGluster(numbers ...int) {
	for i := range w.hosts {
		for _, number := range numbers {
			volume := &w.hosts[i].Volumes[0]
			volume.Bricks = append(volume.Bricks, Brick{Host: fmt.Sprintf("host-%d", (number-1)%3+1), Path: brickPath(number)})
		}
	}
}

// expanding has heketi have been interrupted in an expansion by bricks b4 to b6.
func (w *world) expanding() {
	w.addBricks("op", 4)
	delta := 1.0
	w.database.Operations["op"] = PendingEntry{ID: "op", Type: ExpandVolume, Status: "stale", Actions: []Action{
		{Change: AddBrick, ID: "b4"}, {Change: AddBrick, ID: "b5"}, {Change: AddBrick, ID: "b6"},
		{Change: EnlargeVolume, ID: "v1", Delta: &delta},
	}}
}

// pendingFor has heketi have been interrupted in making or deleting the volume.
func (w *world) pendingFor(kind OperationType) {
	brick, change := AddBrick, AddVolume
	if kind == DeleteVolume {
		brick, change = DeleteBrick, RemoveVolume
	}
	volume := w.database.Volumes["v1"]
	volume.Pending.ID = "op"
	w.database.Volumes["v1"] = volume
	operation := PendingEntry{ID: "op", Type: kind, Status: "stale", Actions: []Action{{Change: change, ID: "v1"}}}
	for _, id := range volume.Bricks {
		entry := w.database.Bricks[id]
		entry.Pending.ID = "op"
		w.database.Bricks[id] = entry
		operation.Actions = append(operation.Actions, Action{Change: brick, ID: id})
	}
	w.database.Operations["op"] = operation
}

// noVolume takes the volume out of gluster.
func (w *world) noVolume() {
	for i := range w.hosts {
		w.hosts[i].Volumes = []Volume{}
	}
}

// state is the world as heketi's answer tells it.
func (w *world) state(t testing.TB) *State {
	t.Helper()
	state, err := Parse(w.answer(t))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// answer is heketi's answer.
func (w *world) answer(t testing.TB) []byte {
	t.Helper()
	type object = map[string]any
	var hosts []any
	for _, host := range w.hosts {
		told := object{"NodeHeketiID": host.ID, "VolumeInfo": nil, "BricksMountStatus": nil, "LVMLVInfo": nil}
		if host.Volumes != nil {
			volumes := []any{}
			for _, v := range host.Volumes {
				bricks := []any{}
				for _, b := range v.Bricks {
					bricks = append(bricks, object{"Name": b.Host + ":" + b.Path})
				}
				options := []object{}
				for name, value := range v.Options {
					options = append(options, object{"Name": name, "Value": value})
				}
				volumes = append(volumes, object{
					"VolumeName": v.Name, "StatusStr": v.Status, "Bricks": object{"BrickList": bricks},
					"ReplicaCount": v.SetSize, "DisperseCount": 0, "Options": object{"OptionList": options},
				})
			}
			told["VolumeInfo"] = object{"Volumes": object{"VolumeList": volumes}}
		}
		if host.Mounts != nil {
			statuses := []any{}
			for _, m := range host.Mounts {
				statuses = append(statuses, object{"Device": m.Device, "MountPoint": m.Folder, "Type": m.Type, "MountOptions": m.Options, "Mounted": m.Mounted})
			}
			told["BricksMountStatus"] = object{"Statuses": statuses}
		}
		if host.LogicalVolumes != nil {
			lvs := []any{}
			for _, lv := range host.LogicalVolumes {
				lvs = append(lvs, object{"vg_name": lv.Group, "lv_name": lv.Name})
			}
			told["LVMLVInfo"] = object{"report": []any{object{"lv": lvs}}}
		}
		hosts = append(hosts, told)
	}
	text, err := json.MarshalIndent(object{"heketidb": w.database, "clusters": []any{object{"ClusterHeketiID": "c1", "NodesData": hosts}}}, "", "    ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}
