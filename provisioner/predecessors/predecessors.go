package predecessors

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Classes looks a StorageClass up. A lister of them is one.
type Classes interface {
	Get(name string) (*storagev1.StorageClass, error)
}

// Heir is the provisioner of that name, which takes over what its predecessors made.
type Heir struct {
	Provisioner string
	Classes     Classes
}

// Concerns says whether a PersistentVolume is the provisioner's, or a predecessor's that
// may become so. It becomes that of the provisioner which its class names; as long as that
// is a predecessor, or there is no class, it may become anybody's.
func (h Heir) Concerns(pv *v1.PersistentVolume) bool {
	if volume.IsMadeBy(pv, h.Provisioner) || !volume.IsOfPredecessor(pv) {
		return volume.IsMadeBy(pv, h.Provisioner)
	}
	class, err := h.Classes.Get(pv.Spec.StorageClassName)
	return err != nil || slices.Contains([]string{h.Provisioner, volume.InTree, volume.Former}, class.Provisioner)
}

// AsOwn returns a PersistentVolume with what the provisioner records on its own. One that a
// predecessor made says itself how to reach its heketi, or its class does. An error names what of both is
// wrong, and the remedy.
func (h Heir) AsOwn(pv *v1.PersistentVolume) (*v1.PersistentVolume, error) {
	if volume.IsMadeBy(pv, h.Provisioner) {
		return pv, nil
	}
	class, err := h.Classes.Get(pv.Spec.StorageClassName)
	switch {
	case err != nil:
		return nil, fmt.Errorf("its StorageClass %q, which says whose it becomes, cannot be read: %w; make it again with provisioner %s", pv.Spec.StorageClassName, err, h.Provisioner)
	case class.Provisioner != h.Provisioner:
		return nil, fmt.Errorf("its StorageClass %q, which says whose it becomes, is one of %s; make it again with provisioner %s, see docs/moving.md", class.Name, class.Provisioner, h.Provisioner)
	}
	heketi, err := heketiOf(pv, class)
	if err != nil {
		return nil, err
	}
	return volume.TakenOver(pv, h.Provisioner, heketi), nil
}

// heketiOf returns how to reach the heketi of a PersistentVolume that a
// predecessor made: as that has written it there, or as the class has it.
func heketiOf(pv *v1.PersistentVolume, class *storagev1.StorageClass) (volume.Heketi, error) {
	params, problem := parameters.Parse(class.Parameters)
	written, found := volume.FormerHeketi(pv)
	switch {
	case found:
	case problem != nil:
		return volume.Heketi{}, fmt.Errorf("its StorageClass %q, which says how to reach heketi, has wrong parameters: %w", class.Name, problem)
	default:
		return params.Heketi, nil
	}
	url, err := parameters.BaseURL(written.URL)
	if err != nil {
		return volume.Heketi{}, fmt.Errorf("the URL of heketi in its annotation server %w", err)
	}
	written.URL = url
	if written.Secret == nil && problem == nil && params.Heketi.URL == url {
		return params.Heketi, nil // which has the key, if heketi needs one
	}
	return written, nil
}
