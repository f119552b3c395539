package provisioner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// ClaimProblems returns all that keeps a volume of a source from serving a claim. Each names
// the field, its value, and what would do. If the source is not known, it is empty, and only
// what no source can serve is told.
func ClaimProblems(claim *v1.PersistentVolumeClaim, source volume.Source) []string {
	_, problems := measure(claim)
	if err := checkAccessModes(claim, source); err != nil && source != "" {
		problems = append(problems, err.Error())
	}
	return problems
}

// sizeOf returns how many GiB a claim's volume needs, or why no volume of ours can serve the
// claim, whatever its source.
func sizeOf(claim *v1.PersistentVolumeClaim) (gib int, err error) {
	gib, problems := measure(claim)
	if len(problems) > 0 {
		return 0, errors.New(strings.Join(problems, "; "))
	}
	return gib, nil
}

func measure(claim *v1.PersistentVolumeClaim) (gib int, problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	spec := claim.Spec
	if spec.Selector != nil {
		wrong("spec.selector is set, but a new volume has no labels to select by; remove the selector, or set storageClassName to \"\" to bind an existing volume")
	}
	// The API server fills in each of both from the other.
	if source := spec.DataSource; source != nil {
		wrong("spec.dataSource asks for a copy of %s %q, but only empty volumes can be made; remove dataSource", source.Kind, source.Name)
	} else if source := spec.DataSourceRef; source != nil {
		wrong("spec.dataSourceRef asks for a copy of %s %q, but only empty volumes can be made; remove dataSourceRef", source.Kind, source.Name)
	}
	if spec.VolumeMode != nil && *spec.VolumeMode == v1.PersistentVolumeBlock {
		wrong("spec.volumeMode is Block, but a GlusterFS volume is a file system; use Filesystem")
	}
	gib, err := volume.RoundUpGiB(spec.Resources.Requests[v1.ResourceStorage])
	if err != nil {
		wrong("spec.resources.requests.storage: %v", err)
	}
	return gib, problems
}

// AttributesClassProblem says why a claim that names a VolumeAttributesClass is refused.
// Kubernetes binds it only to a PersistentVolume with that class.
func AttributesClassProblem(class string) string {
	return fmt.Sprintf("spec.volumeAttributesClassName is %q, but GlusterFS volumes have no attributes to change; remove it", class)
}

// checkAttributesClass refuses a claim that names a VolumeAttributesClass.
func (p *Provisioner) checkAttributesClass(ctx context.Context, claim *v1.PersistentVolumeClaim) error {
	class, err := p.AttributesClass(ctx, claim)
	if err != nil || class == "" {
		return err
	}
	return refused(ErrInvalidClaim, errors.New(AttributesClassProblem(class)))
}
