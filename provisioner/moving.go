package provisioner

import "glusterfs-provisioner/provisioner/moving"

// newMoving returns what has PersistentVolumes and the journal follow a heketi that moves.
func (p *Provisioner) newMoving() *moving.Mover {
	return moving.New(moving.Dependencies{
		Provisioner: p.Name,
		Client:      p.Client,
		Classes:     p.Informers.Storage().V1().StorageClasses().Lister(),
		Heketis:     p.heketis,
		Journal:     p.Journal,
		Trimmer:     p.trimmer,
	})
}
