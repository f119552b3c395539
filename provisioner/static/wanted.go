package static

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Wanted says which volume of which heketi becomes a PersistentVolume, and what the
// PersistentVolume shall say.
type Wanted struct {
	// Volume is heketi's id of the volume, or its name.
	Volume string
	// Class is the name of a StorageClass that names the heketi. If it is empty, Heketi
	// holds parameters of a StorageClass that name it.
	Class  string
	Heketi map[string]string
	// Name is the PersistentVolume's; empty for the name that the claim waits for, or the
	// volume's own.
	Name string
	// Claim is the claim that it is for; nil for any.
	Claim *types.NamespacedName
	// Source is the kind of its source; empty for the one that the class asks for, or that
	// the cluster mounts.
	Source volume.Source
	// AccessModes are the claim's if there are none, or all that the source has.
	AccessModes []v1.PersistentVolumeAccessMode
	// ReclaimPolicy is what becomes of the volume when its claim goes.
	ReclaimPolicy v1.PersistentVolumeReclaimPolicy
	// MountOptions are the class's if there are none.
	MountOptions []string
}

// class returns the StorageClass that the PersistentVolume is built for, with its
// parameters. It has no name if the heketi was named otherwise.
func (m *Maker) class(wanted Wanted) (*storagev1.StorageClass, *parameters.Parameters, error) {
	class := &storagev1.StorageClass{Parameters: maps.Clone(wanted.Heketi)}
	if wanted.Class != "" {
		found, err := m.Classes.Get(wanted.Class)
		if err != nil {
			return nil, nil, fmt.Errorf("StorageClass %q cannot be read: %w", wanted.Class, err)
		}
		if found.Provisioner != m.Provisioner {
			return nil, nil, fmt.Errorf("StorageClass %q is of provisioner %q, not of %q; name one of the latter", wanted.Class, found.Provisioner, m.Provisioner)
		}
		class = &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: found.Name}, Parameters: found.Parameters, MountOptions: found.MountOptions}
	}
	if len(wanted.MountOptions) > 0 {
		class.MountOptions = slices.Clone(wanted.MountOptions)
	}
	class.ReclaimPolicy = &wanted.ReclaimPolicy
	params, err := parameters.Parse(class.Parameters)
	if err != nil && wanted.Class != "" {
		return nil, nil, fmt.Errorf("StorageClass %q: %w", wanted.Class, err)
	}
	if err == nil && params.Heketi.KeyInClass && wanted.Class == "" {
		err = errors.New("a key can only be in a Secret, or in a class")
	}
	return class, params, err
}
