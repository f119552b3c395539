package provisioner

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// sizeOf returns how many GiB a claim's volume needs, or why no volume of ours
// can serve the claim. The error names the field, its value, and what would do.
func sizeOf(claim *v1.PersistentVolumeClaim) (gib int, err error) {
	spec := claim.Spec
	switch {
	case spec.Selector != nil:
		return 0, fmt.Errorf("spec.selector is set, but a new volume has no labels to select by; remove the selector, or set storageClassName to \"\" to bind an existing volume")
	case spec.DataSource != nil:
		return 0, fmt.Errorf("spec.dataSource asks for a copy of %s %q, but only empty volumes can be made; remove dataSource", spec.DataSource.Kind, spec.DataSource.Name)
	case spec.DataSourceRef != nil:
		return 0, fmt.Errorf("spec.dataSourceRef asks for a copy of %s %q, but only empty volumes can be made; remove dataSourceRef", spec.DataSourceRef.Kind, spec.DataSourceRef.Name)
	case spec.VolumeMode != nil && *spec.VolumeMode == v1.PersistentVolumeBlock:
		return 0, fmt.Errorf("spec.volumeMode is Block, but a GlusterFS volume is a file system; use Filesystem")
	}
	gib, err = volume.RoundUpGiB(spec.Resources.Requests[v1.ResourceStorage])
	if err != nil {
		return 0, fmt.Errorf("spec.resources.requests.storage: %w", err)
	}
	return gib, nil
}

// checkAttributesClass refuses a claim that names a VolumeAttributesClass. Kubernetes binds
// it only to a PersistentVolume with that class.
func (p *Provisioner) checkAttributesClass(ctx context.Context, claim *v1.PersistentVolumeClaim) error {
	class, err := p.AttributesClass(ctx, claim)
	if err != nil || class == "" {
		return err
	}
	return refused(ErrInvalidClaim, fmt.Errorf("spec.volumeAttributesClassName is %q, but GlusterFS volumes have no attributes to change; remove it", class))
}
