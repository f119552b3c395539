package gluster

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// answer is heketi's to GET /internal/state/examine/gluster, which "heketi-cli server
// state examine gluster" prints, too (apps/glusterfs/examiner.go of heketi 10.3).
type answer struct {
	Database *Database       `json:"heketidb"`
	Clusters []answerCluster `json:"clusters"`
}

type answerCluster struct {
	ID    string       `json:"ClusterHeketiID"`
	Hosts []answerHost `json:"NodesData"`
}

// answerHost has nulls for what the host did not tell.
type answerHost struct {
	ID   string `json:"NodeHeketiID"`
	Info *struct {
		Volumes struct {
			List []struct {
				Name   string `json:"VolumeName"`
				Status string `json:"StatusStr"`
				Bricks struct {
					List []struct{ Name string } `json:"BrickList"`
				}
			} `json:"VolumeList"`
		}
	} `json:"VolumeInfo"`
	Mounts *struct {
		Statuses []struct {
			Device, MountPoint, Type, MountOptions string
			Mounted                                bool
		}
	} `json:"BricksMountStatus"`
	LVs *struct {
		Report []struct {
			LVs []struct {
				Name  string `json:"lv_name"`
				Group string `json:"vg_name"`
			} `json:"lv"`
		} `json:"report"`
	} `json:"LVMLVInfo"`
}

// Parse is Read for a text.
func Parse(text []byte) (*State, error) { return Read(bytes.NewReader(text)) }

// Read reads heketi's answer. It returns an error if the text is another's.
func Read(text io.Reader) (*State, error) {
	var a answer
	if err := json.NewDecoder(text).Decode(&a); err != nil {
		return nil, err
	}
	if a.Database == nil || a.Database.Volumes == nil || a.Database.Clusters == nil {
		return nil, errors.New("it has no database of heketi")
	}
	state := &State{Database: *a.Database}
	for _, cluster := range a.Clusters {
		for _, told := range cluster.Hosts {
			host, err := told.host(cluster.ID, a.Database.Nodes)
			if err != nil {
				return nil, err
			}
			state.Hosts = append(state.Hosts, host)
		}
	}
	slices.SortFunc(state.Hosts, func(a, b Host) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return state, nil
}

func (a answerHost) host(cluster string, nodes map[string]Node) (Host, error) {
	host := Host{ID: a.ID, Cluster: cluster, Name: cmp.Or(nodes[a.ID].Name(), a.ID)}
	if a.Info != nil {
		host.Volumes = []Volume{}
		for _, told := range a.Info.Volumes.List {
			volume := Volume{Name: told.Name, Status: told.Status}
			for _, brick := range told.Bricks.List {
				read, ok := brickFrom(brick.Name)
				if !ok {
					return Host{}, fmt.Errorf("gluster's brick %q is not HOST:PATH", brick.Name)
				}
				volume.Bricks = append(volume.Bricks, read)
			}
			host.Volumes = append(host.Volumes, volume)
		}
	}
	if a.Mounts != nil {
		host.Mounts = []Mount{}
		for _, told := range a.Mounts.Statuses {
			host.Mounts = append(host.Mounts, Mount{told.Device, told.MountPoint, told.Type, told.MountOptions, told.Mounted})
		}
	}
	if a.LVs != nil && len(a.LVs.Report) > 0 {
		host.LogicalVolumes = []LogicalVolume{}
		for _, report := range a.LVs.Report {
			for _, told := range report.LVs {
				host.LogicalVolumes = append(host.LogicalVolumes, LogicalVolume{Group: told.Group, Name: told.Name})
			}
		}
	}
	return host, nil
}
