package population

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Volume is a volume that a heketi is to have.
type Volume struct {
	ID, Name, Cluster string
	GID               int
}

// object is an object of heketi's database, as "heketi db export" writes it.
type object = map[string]any

// database are the parts of heketi's database that volumes appear in, by id (apps/
// glusterfs/dbcommon.go of heketi 10.3). The others are in all.
type database struct {
	all                                       object
	clusters, volumes, bricks, nodes, devices object
}

// AddVolumes adds volumes to an exported database. Each is a copy of a volume that its
// cluster has already, on other devices of the same nodes.
func AddVolumes(exported []byte, volumes []Volume) ([]byte, error) {
	db, err := readDatabase(exported)
	if err != nil {
		return nil, err
	}
	models := map[string]object{}
	for _, volume := range db.volumes {
		models[at(volume, "Info")["cluster"].(string)] = volume.(object)
	}
	for i, volume := range volumes {
		model, ok := models[volume.Cluster]
		if !ok {
			return nil, fmt.Errorf("cluster %q of heketi has no volume to copy", volume.Cluster)
		}
		db.add(model, volume, i)
	}
	db.sort()
	return json.Marshal(db.all)
}

func readDatabase(exported []byte) (*database, error) {
	db := &database{}
	decoder := json.NewDecoder(bytes.NewReader(exported))
	// Sizes are numbers that a float64 may not hold.
	decoder.UseNumber()
	if err := decoder.Decode(&db.all); err != nil {
		return nil, fmt.Errorf("heketi's database cannot be read: %w", err)
	}
	for name, part := range map[string]*object{
		"clusterentries": &db.clusters, "volumeentries": &db.volumes, "brickentries": &db.bricks,
		"nodeentries": &db.nodes, "deviceentries": &db.devices,
	} {
		found, ok := db.all[name].(object)
		if !ok {
			return nil, fmt.Errorf("heketi's database has no %s", name)
		}
		*part = found
	}
	return db, nil
}

// add adds the i-th volume, like the model.
func (db *database) add(model object, volume Volume, i int) {
	added := clone(model)
	info := at(added, "Info")
	info["id"], info["name"], info["gid"] = volume.ID, volume.Name, volume.GID
	mount := at(info, "mount", "glusterfs")
	host, _, _ := strings.Cut(mount["device"].(string), ":")
	mount["device"] = host + ":" + volume.Name
	bricks := []any{}
	for n, id := range model["Bricks"].([]any) {
		brick := volumesBrick(volume.ID, n)
		db.addBrick(db.bricks[id.(string)].(object), brick, volume.ID, i)
		bricks = append(bricks, brick)
	}
	added["Bricks"] = bricks
	db.volumes[volume.ID] = added
	push(at(db.clusters[volume.Cluster], "Info"), "volumes", volume.ID)
}

// volumesBrick returns the id of a volume's n-th brick, which no other has.
func volumesBrick(volume string, n int) string {
	return fmt.Sprintf("%02x%s", n, volume[2:])
}

// addBrick adds a brick like the model, on the device of the model's node whose turn it
// is.
func (db *database) addBrick(model object, id, volume string, turn int) {
	added := clone(model)
	info := at(added, "Info")
	devices := db.nodes[info["node"].(string)].(object)["Devices"].([]any)
	device := devices[turn%len(devices)].(string)
	info["id"], info["volume"], info["device"] = id, volume, device
	info["path"] = "/var/lib/heketi/mounts/vg_" + device + "/brick_" + id + "/brick"
	db.bricks[id] = added

	entry := db.devices[device].(object)
	push(entry, "Bricks", id)
	storage, size := at(entry, "Info", "storage"), number(added["TpSize"])+number(added["PoolMetadataSize"])
	storage["used"] = number(storage["used"]) + size
	storage["free"] = number(storage["free"]) - size
}

// sort sorts the lists of ids that heketi looks through as sorted ones.
func (db *database) sort() {
	for _, cluster := range db.clusters {
		sortIDs(at(cluster, "Info"), "volumes")
	}
	for _, device := range db.devices {
		sortIDs(device.(object), "Bricks")
	}
}

func sortIDs(in object, list string) {
	ids, _ := in[list].([]any)
	slices.SortFunc(ids, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
}

func push(to object, list, id string) {
	ids, _ := to[list].([]any)
	to[list] = append(ids, id)
}

// at returns an object in an object.
func at(in any, path ...string) object {
	found := in.(object)
	for _, name := range path {
		found = found[name].(object)
	}
	return found
}

// clone copies an object and the objects in it. Lists are shared.
func clone(original object) object {
	copied := maps.Clone(original)
	for key, value := range copied {
		if inner, ok := value.(object); ok {
			copied[key] = clone(inner)
		}
	}
	return copied
}

// number returns a number of the database, or one that was put there.
func number(value any) int64 {
	switch value := value.(type) {
	case json.Number:
		read, _ := value.Int64()
		return read
	case int64:
		return value
	}
	return 0
}
