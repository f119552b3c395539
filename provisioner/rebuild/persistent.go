package rebuild

import (
	"fmt"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// record is what a PersistentVolume tells of its volume. What it does not tell is empty.
type record struct {
	// persistentVolume is its name.
	persistentVolume string
	// volume is gluster's name of the volume; id and cluster are heketi's ids.
	volume, id, cluster string
	gid                 int64
	gib                 int
}

// String names it for a person.
func (r record) String() string { return "PersistentVolume " + r.persistentVolume }

// recordsOf reads the PersistentVolumes whose volumes are gluster's, by the names of the volumes: those of this
// project, of its predecessors, and those that people made.
func recordsOf(volumes []v1.PersistentVolume) (map[string][]record, error) {
	records := map[string][]record{}
	for i := range volumes {
		pv := &volumes[i]
		name := volume.NameIn(volume.PathOf(pv))
		if name == "" {
			continue
		}
		r := record{persistentVolume: pv.Name, volume: name, cluster: volume.ClusterOf(pv), gib: int(pv.Spec.Capacity.Storage().Value() >> 30)}
		if gid, has := volume.GIDOf(pv); has {
			r.gid = int64(gid)
		}
		// The in-tree plugin may have been given something that is no id.
		if id := volume.IDOf(pv); heketiID.MatchString(id) {
			r.id = id
		}
		if r.cluster != "" && !heketiID.MatchString(r.cluster) {
			return nil, fmt.Errorf("%v: its cluster is %q, want heketi's id, of 32 hexadecimal digits", r, r.cluster)
		}
		records[name] = append(records[name], r)
	}
	return records, nil
}
