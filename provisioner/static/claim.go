package static

import (
	"context"
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/util"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/volume"
)

// claim returns the claim that the PersistentVolume is for; nil if it does not exist yet.
func (m *Maker) claim(ctx context.Context, name *types.NamespacedName) (*v1.PersistentVolumeClaim, error) {
	if name == nil {
		return nil, nil
	}
	claim, err := m.Client.CoreV1().PersistentVolumeClaims(name.Namespace).Get(ctx, name.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("claim %s cannot be read: %w", name, err)
	}
	return claim, nil
}

// checkFree returns an error if Kubernetes would not bind the claim to a new
// PersistentVolume, since one of the two has another partner.
func (t taken) checkFree(name types.NamespacedName, claim *v1.PersistentVolumeClaim) error {
	if claim != nil && claim.DeletionTimestamp != nil {
		return fmt.Errorf("claim %s is being deleted; wait until it is gone, or name another one", name)
	}
	for _, pv := range t.volumes {
		ref := pv.Spec.ClaimRef
		isBound := claim != nil && claim.Spec.VolumeName == pv.Name
		isMeant := ref != nil && ref.Namespace == name.Namespace && ref.Name == name.Name && (ref.UID == "" || claim != nil && ref.UID == claim.UID)
		if isBound || isMeant {
			return fmt.Errorf("claim %s is for PersistentVolume %s already; name another claim, or leave --claim out", name, pv.Name)
		}
	}
	return nil
}

// checkFits returns an error that names what the claim wants and the PersistentVolume does
// not have.
func checkFits(claim *v1.PersistentVolumeClaim, pv *v1.PersistentVolume, v *heketi.Volume) error {
	refuse := func(field, asks, remedy string) error {
		return fmt.Errorf("claim %s/%s: %s is %s; %s", claim.Namespace, claim.Name, field, asks, remedy)
	}
	if name := claim.Spec.VolumeName; name != "" && name != pv.Name {
		return refuse("spec.volumeName", name, fmt.Sprintf("it binds to that PersistentVolume alone, so give --name=%s", name))
	}
	if mode := claim.Spec.VolumeMode; mode != nil && *mode != v1.PersistentVolumeFilesystem {
		return refuse("spec.volumeMode", string(*mode), "a GlusterFS volume is a file system, so make the claim again with Filesystem")
	}
	request, size := claim.Spec.Resources.Requests[v1.ResourceStorage], volume.GiB(v.SizeGiB)
	if request.Cmp(size) > 0 {
		return refuse("spec.resources.requests.storage", request.String(),
			fmt.Sprintf("the volume has %s, so make the claim again with that, and let it grow once it is Bound", size.String()))
	}
	if class := util.GetPersistentVolumeClaimClass(claim); class != pv.Spec.StorageClassName {
		return refuse("spec.storageClassName", fmt.Sprintf("%q", class), fmt.Sprintf("the PersistentVolume's would be %q, and Kubernetes binds only what has the same, so give --class=%s", pv.Spec.StorageClassName, class))
	}
	for _, mode := range claim.Spec.AccessModes {
		if !slices.Contains(pv.Spec.AccessModes, mode) {
			return refuse("spec.accessModes", string(mode), fmt.Sprintf("the PersistentVolume would have %v, so add it to --access-modes", pv.Spec.AccessModes))
		}
	}
	return nil
}
