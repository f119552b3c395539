package rebuild

import (
	"encoding/json"
	"slices"
)

// database is heketi's, in the JSON of its exports (apps/glusterfs/dbcommon.go of heketi 10.3).
type database struct {
	Clusters   map[string]*clusterEntry `json:"clusterentries"`
	Volumes    map[string]*volumeEntry  `json:"volumeentries"`
	Bricks     map[string]*brickEntry   `json:"brickentries"`
	Nodes      map[string]*nodeEntry    `json:"nodeentries"`
	Devices    map[string]*deviceEntry  `json:"deviceentries"`
	Blocks     map[string]struct{}      `json:"blockvolumeentries"`
	Attributes map[string]attribute     `json:"dbattributeentries"`
	Pending    map[string]struct{}      `json:"pendingoperations"`
}

type clusterEntry struct {
	Info struct {
		ID           string   `json:"id"`
		Nodes        []string `json:"nodes"`
		Volumes      []string `json:"volumes"`
		Block        bool     `json:"block"`
		File         bool     `json:"file"`
		BlockVolumes []string `json:"blockvolumes"`
	}
}

type nodeEntry struct {
	State string
	Info  struct {
		Zone      int `json:"zone"`
		Hostnames struct {
			Manage  []string `json:"manage"`
			Storage []string `json:"storage"`
		} `json:"hostnames"`
		Cluster string            `json:"cluster"`
		Tags    map[string]string `json:"tags,omitempty"`
		ID      string            `json:"id"`
	}
	Devices []string
}

// deviceEntry has sizes in KiB.
type deviceEntry struct {
	State string
	Info  struct {
		Name    string            `json:"name"`
		Tags    map[string]string `json:"tags,omitempty"`
		Storage struct {
			Total uint64 `json:"total"`
			Free  uint64 `json:"free"`
			Used  uint64 `json:"used"`
		} `json:"storage"`
		ID    string   `json:"id"`
		Paths []string `json:"paths,omitempty"`
		UUID  string   `json:"pv_uuid,omitempty"`
	}
	Bricks     []string
	NodeID     string `json:"NodeId"`
	ExtentSize uint64
}

// brickEntry has sizes in KiB.
type brickEntry struct {
	Info struct {
		ID     string `json:"id"`
		Path   string `json:"path"`
		Device string `json:"device"`
		Node   string `json:"node"`
		Volume string `json:"volume"`
		Size   uint64 `json:"size"`
	}
	TpSize           uint64
	PoolMetadataSize uint64
	Pending          pending
	LvmThinPool      string
	LvmLv            string
	SubType          int
}

// The kinds of bricks (apps/glusterfs/placer.go).
const (
	normalBrick  = 1
	arbiterBrick = 2
)

type volumeEntry struct {
	Info struct {
		// Size is in GiB.
		Size       int        `json:"size"`
		Name       string     `json:"name"`
		Durability durability `json:"durability"`
		GID        int64      `json:"gid,omitempty"`
		Snapshot   struct {
			Enable bool    `json:"enable"`
			Factor float32 `json:"factor"`
		} `json:"snapshot"`
		ID      string `json:"id"`
		Cluster string `json:"cluster"`
		Mount   struct {
			GlusterFS struct {
				Hosts   []string          `json:"hosts"`
				Device  string            `json:"device"`
				Options map[string]string `json:"options"`
			} `json:"glusterfs"`
		} `json:"mount"`
		BlockInfo struct{} `json:"blockinfo"`
	}
	Bricks               []string
	GlusterVolumeOptions []string
	Pending              pending
}

type durability struct {
	Type      string `json:"type"`
	Replicate struct {
		Replica int `json:"replica,omitempty"`
	} `json:"replicate"`
	Disperse struct {
		Data       int `json:"data,omitempty"`
		Redundancy int `json:"redundancy,omitempty"`
	} `json:"disperse"`
}

// pending is the operation that something is part of, which is none.
type pending struct {
	ID string `json:"Id"`
}

type attribute struct{ Key, Value string }

// newDatabase is an empty one, of heketi 10.3, to which "heketi db import" adds the generation's id.
func newDatabase() *database {
	d := &database{
		Clusters: map[string]*clusterEntry{}, Volumes: map[string]*volumeEntry{}, Bricks: map[string]*brickEntry{},
		Nodes: map[string]*nodeEntry{}, Devices: map[string]*deviceEntry{}, Blocks: map[string]struct{}{},
		Attributes: map[string]attribute{}, Pending: map[string]struct{}{},
	}
	for _, key := range []string{"DB_BRICK_HAS_SUBTYPE_FIELD", "DB_CLUSTER_HAS_FILE_BLOCK_FLAG", "DB_DEVICE_HAS_ID_META", "DB_HAS_PENDING_OPS_BUCKET"} {
		d.Attributes[key] = attribute{key, "yes"}
	}
	return d
}

// text is the database for "heketi db import". All lists of ids are sorted, as heketi's are, which it searches by halves.
func (d *database) text() ([]byte, error) {
	for _, cluster := range d.Clusters {
		slices.Sort(cluster.Info.Nodes)
		slices.Sort(cluster.Info.Volumes)
		for _, volume := range cluster.Info.Volumes {
			d.Volumes[volume].mountFrom(d.storageHosts(cluster))
		}
	}
	for _, node := range d.Nodes {
		slices.Sort(node.Devices)
	}
	for _, device := range d.Devices {
		slices.Sort(device.Bricks)
	}
	for _, volume := range d.Volumes {
		slices.Sort(volume.Bricks)
	}
	text, err := json.MarshalIndent(d, "", "    ")
	return append(text, '\n'), err
}

func (d *database) storageHosts(cluster *clusterEntry) []string {
	var hosts []string
	for _, node := range cluster.Info.Nodes {
		hosts = append(hosts, d.Nodes[node].Info.Hostnames.Storage[0])
	}
	return hosts
}
