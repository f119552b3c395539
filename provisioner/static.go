package provisioner

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/static"
	"glusterfs-provisioner/provisioner/volume"
)

// newStatic returns what makes static volumes, as Provision would make them.
func (p *Provisioner) newStatic() *static.Maker {
	return static.New(static.Dependencies{
		Provisioner: p.Name,
		Namespace:   p.Namespace,
		Client:      p.Client,
		Classes:     p.Informers.Storage().V1().StorageClasses().Lister(),
		Heketis:     p.heketis,
		Journal:     p.Journal,
		Trimmer:     p.trimmer,
		Resolver:    p.Resolver,
		Source:      p.mountedSource,
		Check: func(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass, source volume.Source) error {
			if err := checkAccessModes(claim, source); err != nil {
				return err
			}
			return checkMountOptions(class, source)
		},
		Build: p.build,
	})
}
