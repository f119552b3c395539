package provisioner

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// concerns says whether a PersistentVolume is the provisioner's, or a predecessor's that
// may become so. It becomes that of the provisioner which its class names; as long as that
// is a predecessor, or there is no class, it may become anybody's.
func (p *Provisioner) concerns(pv *v1.PersistentVolume) bool {
	if volume.IsMadeBy(pv, p.Name) || !volume.IsOfPredecessor(pv) {
		return volume.IsMadeBy(pv, p.Name)
	}
	class, err := p.Informers.Storage().V1().StorageClasses().Lister().Get(pv.Spec.StorageClassName)
	return err != nil || slices.Contains([]string{p.Name, volume.InTree, volume.Former}, class.Provisioner)
}

// asOwn returns a PersistentVolume with what the provisioner records on its own. One that a
// predecessor made says itself how to reach its heketi, or its class does.
func (p *Provisioner) asOwn(pv *v1.PersistentVolume) (*v1.PersistentVolume, error) {
	if volume.IsMadeBy(pv, p.Name) {
		return pv, nil
	}
	class, err := p.Informers.Storage().V1().StorageClasses().Lister().Get(pv.Spec.StorageClassName)
	switch {
	case err != nil:
		return nil, fmt.Errorf("its StorageClass %q, which says whose it becomes, cannot be read: %w; make it again with provisioner %s", pv.Spec.StorageClassName, err, p.Name)
	case class.Provisioner != p.Name:
		return nil, fmt.Errorf("its StorageClass %q, which says whose it becomes, is one of %s; make it again with provisioner %s, see docs/moving.md", class.Name, class.Provisioner, p.Name)
	}
	heketi, err := heketiOfPredecessor(pv, class)
	if err != nil {
		return nil, err
	}
	return volume.TakenOver(pv, p.Name, heketi), nil
}

// heketiOfPredecessor returns how to reach the heketi of a PersistentVolume that a
// predecessor made: as that has written it there, or as the class has it.
func heketiOfPredecessor(pv *v1.PersistentVolume, class *storagev1.StorageClass) (volume.Heketi, error) {
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
