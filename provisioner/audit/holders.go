package audit

import (
	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// Holders knows which PersistentVolume accounts for a volume, whoever made it. It does so
// by the volume's id, or by the name that it mounts. The PersistentVolume's own name says
// nothing, because another provisioner's for the same claim has the same.
type Holders struct {
	byID, byName map[string]string
}

// HoldersAmong returns the holders among those PersistentVolumes.
func HoldersAmong(all []*v1.PersistentVolume) Holders {
	h := Holders{byID: map[string]string{}, byName: map[string]string{}}
	for _, pv := range all {
		h.Note(pv)
	}
	return h
}

// Note adds a PersistentVolume.
func (h Holders) Note(pv *v1.PersistentVolume) {
	noteHolder(h.byID, volume.IDOf(pv), pv)
	noteHolder(h.byName, volume.NameIn(volume.PathOf(pv)), pv)
}

// noteHolder lets the first by name stand for several.
func noteHolder(of map[string]string, key string, pv *v1.PersistentVolume) {
	if other, noted := of[key]; key != "" && (!noted || pv.Name < other) {
		of[key] = pv.Name
	}
}

// Of returns the name of the PersistentVolume that accounts for the volume with that id and
// name in heketi; empty if none does.
func (h Holders) Of(id, name string) string {
	if pv, ok := h.byID[id]; ok {
		return pv
	}
	return h.byName[name]
}
