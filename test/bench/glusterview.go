package bench

import (
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// glusterView is the gluster that heketi's executors lack when they only act as if they
// ran commands: it has the volumes that heketi's database has. A Proxy before a heketi
// has it in heketi's answer to what gluster has.
type glusterView struct {
	mu sync.Mutex
	// ahead says that it has the bricks of expansions that heketi has not ended.
	ahead bool
	// kept are the paths of bricks that it got that way, by the volume's id. What gluster
	// has, it keeps.
	kept map[string][]string
	// set are the options that were set on a storage host, by the volume's name.
	set map[string][]string
}

// examination is the path of heketi's answer.
var examination = regexp.MustCompile("^/internal/state/examine/gluster$")

// GlusterIsAhead has gluster have, from now on, the bricks of expansions that heketi has
// begun, as if heketi were interrupted between gluster and its database.
func (p *Proxy) GlusterIsAhead() {
	p.gluster.mu.Lock()
	defer p.gluster.mu.Unlock()
	p.gluster.ahead = true
}

// SetGlusterOption has gluster have an option of a volume, "key value", that somebody set on a
// storage host.
func (p *Proxy) SetGlusterOption(volume, option string) {
	p.gluster.mu.Lock()
	defer p.gluster.mu.Unlock()
	p.gluster.set[volume] = append(p.gluster.set[volume], option)
}

// relayExamination passes the request on, and adds what gluster has to the answer.
func (x *proxied) relayExamination() {
	response := x.passOn()
	defer response.Body.Close()
	var answer struct {
		Database json.RawMessage `json:"heketidb"`
		Report   []string        `json:"report"`
		Clusters []struct {
			ID    string `json:"ClusterHeketiID"`
			Hosts []struct {
				ID     string `json:"NodeHeketiID"`
				Info   any    `json:"VolumeInfo"`
				Mounts any    `json:"BricksMountStatus"`
			} `json:"NodesData"`
		} `json:"clusters"`
	}
	var database heketiDatabase
	err := json.NewDecoder(response.Body).Decode(&answer)
	if err == nil {
		err = json.Unmarshal(answer.Database, &database)
	}
	if err != nil {
		http.Error(x.writer, err.Error(), http.StatusBadGateway)
		return
	}
	for i := range answer.Clusters {
		volumes := x.proxy.gluster.volumes(database, answer.Clusters[i].ID)
		for j := range answer.Clusters[i].Hosts {
			host := &answer.Clusters[i].Hosts[j]
			host.Info = map[string]any{"Volumes": map[string]any{"VolumeList": volumes}}
			host.Mounts = map[string]any{"Statuses": database.mounts(host.ID)}
		}
	}
	x.writer.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(x.writer).Encode(answer)
}

// heketiDatabase is what is read of heketi's database.
type heketiDatabase struct {
	Volumes map[string]struct {
		Info struct {
			Name, Cluster string
			Durability    api.VolumeDurabilityInfo
		}
		Options []string `json:"GlusterVolumeOptions"`
		Bricks  []string
		Pending pendingItem
	} `json:"volumeentries"`
	Bricks map[string]struct {
		Info    struct{ Path, Node string }
		Pending pendingItem
	} `json:"brickentries"`
}

type pendingItem struct {
	ID string `json:"Id"`
}

// mounts are the lines of a host's fstab, with all of heketi's bricks there mounted.
func (d heketiDatabase) mounts(host string) []any {
	mounts := []any{}
	for _, brick := range d.Bricks {
		if brick.Info.Node == host {
			mounts = append(mounts, map[string]any{"MountPoint": path.Dir(brick.Info.Path), "Mounted": true})
		}
	}
	return mounts
}

// volumes are those of a cluster, in heketi's words of what gluster says.
func (g *glusterView) volumes(database heketiDatabase, cluster string) []any {
	g.mu.Lock()
	defer g.mu.Unlock()
	volumes := []any{}
	for _, id := range slices.Sorted(maps.Keys(database.Volumes)) {
		entry := database.Volumes[id]
		if entry.Pending.ID != "" || entry.Info.Cluster != cluster {
			continue
		}
		paths := slices.Clone(g.kept[id])
		for _, brick := range entry.Bricks {
			made := database.Bricks[brick]
			switch {
			case slices.Contains(paths, made.Info.Path):
			case made.Pending.ID == "":
				paths = append(paths, made.Info.Path)
			case g.ahead:
				paths = append(paths, made.Info.Path)
				g.kept[id] = append(g.kept[id], made.Info.Path)
			}
		}
		bricks, options := []any{}, []any{}
		for _, path := range paths {
			bricks = append(bricks, map[string]string{"Name": "host:" + path})
		}
		for _, option := range slices.Concat(entry.Options, g.set[entry.Info.Name]) {
			name, value, _ := strings.Cut(option, " ")
			options = append(options, map[string]string{"Name": name, "Value": value})
		}
		volumes = append(volumes, map[string]any{
			"VolumeName": entry.Info.Name, "StatusStr": "Started", "Bricks": map[string]any{"BrickList": bricks},
			"ReplicaCount": entry.Info.Durability.Replicate.Replica, "DisperseCount": entry.Info.Durability.Disperse.Data + entry.Info.Durability.Disperse.Redundancy,
			"Options": map[string]any{"OptionList": options},
		})
	}
	return volumes
}
