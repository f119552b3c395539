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
				ReplicaCount, DisperseCount int
				Options                     struct {
					List []struct{ Name, Value string } `json:"OptionList"`
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

// Read reads heketi's answer to GET /internal/state/examine/gluster. "heketi-cli server
// state examine gluster" prints the same (apps/glusterfs/examiner.go of heketi 10.3). It
// returns an error if the text is another's. The text has all volumes once for each host.
// No more of it is kept at a time than what one host tells.
func Read(text io.Reader) (*State, error) {
	var database *Database
	state, decoder := &State{}, json.NewDecoder(text)
	err := eachField(decoder, func(key string) error {
		switch key {
		case "heketidb":
			return decoder.Decode(&database)
		case "clusters":
			return eachElement(decoder, func() error { return readCluster(decoder, state) })
		}
		return skip(decoder)
	})
	if err != nil {
		return nil, err
	}
	if database == nil || database.Volumes == nil || database.Clusters == nil {
		return nil, errors.New("it has no database of heketi")
	}
	state.Database = *database
	for i := range state.Hosts {
		state.Hosts[i].Name = cmp.Or(database.Nodes[state.Hosts[i].ID].Name(), state.Hosts[i].ID)
	}
	slices.SortFunc(state.Hosts, func(a, b Host) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return state, nil
}

// readCluster adds the hosts of a cluster.
func readCluster(decoder *json.Decoder, state *State) error {
	first, cluster := len(state.Hosts), ""
	err := eachField(decoder, func(key string) error {
		switch key {
		case "ClusterHeketiID":
			return decoder.Decode(&cluster)
		case "NodesData":
			return eachElement(decoder, func() error {
				var told answerHost
				if err := decoder.Decode(&told); err != nil {
					return err
				}
				host, err := told.host()
				state.Hosts = append(state.Hosts, host)
				return err
			})
		}
		return skip(decoder)
	})
	for i := range state.Hosts[first:] {
		state.Hosts[first+i].Cluster = cluster
	}
	return err
}

func (a answerHost) host() (Host, error) {
	host := Host{ID: a.ID}
	if a.Info != nil {
		host.Volumes = []Volume{}
		for _, told := range a.Info.Volumes.List {
			volume := Volume{Name: told.Name, Status: told.Status, SetSize: max(told.ReplicaCount, told.DisperseCount, 1), Options: map[string]string{}}
			for _, option := range told.Options.List {
				volume.Options[option.Name] = option.Value
			}
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
