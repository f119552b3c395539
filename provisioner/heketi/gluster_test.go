package heketi

import (
	"fmt"
	"net/http"
	"path"

	"glusterfs-provisioner/provisioner/gluster"
)

const lookAtIt = "GET /internal/state/examine/gluster"

// storage is what heketi tells of itself and of two storage hosts, n1 and n2, that have
// volume v1 in cluster c1: its brick b1, and brick b2 of an operation that heketi was
// interrupted in.
type storage struct {
	// operation is the pending operation, kind its type in heketi's numbers; none if
	// the id is empty.
	operation string
	kind      int
	// underWay says that heketi is at the operation; otherwise it was interrupted in it.
	underWay bool
	// has are the bricks in gluster's volume, of which there is none if it is nil.
	has []string
	// called is the name of gluster's volume, if not that of v1.
	called string
	// silent is a host that does not answer.
	silent string
	// hides says that gluster's volume hides files when it grows.
	hides bool
	// unlisted says that the fstab of n1, which has the bricks, does not have b2.
	unlisted bool
}

// The types of operations and their changes, in heketi's numbers.
const (
	kindCreate = 1
	kindDelete = 2
	kindExpand = 3
	kindClone  = 7
)

// changes are the actions of the operation, of one volume and one brick.
func (s storage) changes() []map[string]any {
	volume := map[int]int{kindCreate: 2, kindDelete: 4, kindExpand: 5, kindClone: 9}[s.kind]
	brick := map[int]int{kindCreate: 1, kindDelete: 3, kindExpand: 1, kindClone: 1}[s.kind]
	return []map[string]any{{"Change": brick, "Id": "b2"}, {"Change": volume, "Id": "v1", "Delta": 3}}
}

// answer is heketi's answer to a look at it.
func (s storage) answer(w http.ResponseWriter, r *http.Request) {
	bricks := map[string]any{}
	for id, pending := range map[string]string{"b1": "", "b2": s.operation} {
		if id == "b2" && s.operation == "" {
			continue
		}
		bricks[id] = map[string]any{"Info": map[string]any{"id": id, "path": pathOf(id), "volume": "v1", "node": "n1"}, "Pending": map[string]string{"Id": pending}}
	}
	operations, status := map[string]any{}, "stale"
	if s.underWay {
		status = ""
	}
	if s.operation != "" {
		operations[s.operation] = map[string]any{"Id": s.operation, "Type": s.kind, "Status": status, "Actions": s.changes()}
	}
	jsonOf(map[string]any{
		"heketidb": map[string]any{
			"clusterentries":    map[string]any{"c1": map[string]any{"Info": map[string]any{"nodes": []string{"n1", "n2"}}}},
			"nodeentries":       map[string]any{"n1": node("host-1"), "n2": node("host-2")},
			"volumeentries":     map[string]any{"v1": map[string]any{"Info": infoOf(made()), "Bricks": []string{"b1", "b2"}}},
			"brickentries":      bricks,
			"pendingoperations": operations,
		},
		"clusters": []any{map[string]any{"ClusterHeketiID": "c1", "NodesData": []any{s.host("n1"), s.host("n2")}}},
	})(w, r)
}

func node(name string) map[string]any {
	return map[string]any{"Info": map[string]any{"hostnames": map[string]any{"manage": []string{name}}}}
}

func (s storage) host(id string) map[string]any {
	if id == s.silent {
		return map[string]any{"NodeHeketiID": id, "VolumeInfo": nil, "BricksMountStatus": nil}
	}
	volumes := []any{}
	if s.has != nil {
		bricks := []any{}
		for _, brick := range s.has {
			bricks = append(bricks, map[string]string{"Name": "host-1:" + pathOf(brick)})
		}
		name := made().Name
		if s.called != "" {
			name = s.called
		}
		options := []any{map[string]string{"Name": "performance.quick-read", "Value": "off"}}
		if !s.hides {
			options = append(options, map[string]string{"Name": gluster.LookupOptimize, "Value": "off"})
		}
		volumes = append(volumes, map[string]any{
			"VolumeName": name, "StatusStr": "Started", "Bricks": map[string]any{"BrickList": bricks}, "Options": map[string]any{"OptionList": options},
		})
	}
	mounts := []any{mount("b1"), mount("b2")}
	if s.unlisted {
		mounts = mounts[:1]
	}
	return map[string]any{
		"NodeHeketiID":      id,
		"VolumeInfo":        map[string]any{"Volumes": map[string]any{"VolumeList": volumes}},
		"BricksMountStatus": map[string]any{"Statuses": mounts},
	}
}

func mount(brick string) map[string]any {
	return map[string]any{"MountPoint": path.Dir(pathOf(brick)), "Mounted": true}
}

func pathOf(brick string) string { return fmt.Sprintf("/mounts/brick_%s/brick", brick) }
