package restored

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/provisioner/volume"
)

// mark takes the place of the UID of a cluster on a PersistentVolume that was made from a copy
// in the cluster that the copy is of.
const mark = "restored"

// Volumes are the PersistentVolumes of one provisioner in one cluster. They are safe for
// concurrent use.
type Volumes struct {
	kubernetes  types.UID
	provisioner string
	client      kubernetes.Interface

	mu sync.Mutex
	// copies are those that somebody else has made while this process runs, and whose claim
	// was not seen to have them. They are few: most are Bound within a second.
	copies map[types.UID]struct{}
}

// New returns the PersistentVolumes of a provisioner in the cluster of that UID. The client
// patches PersistentVolumes.
func New(cluster types.UID, provisioner string, client kubernetes.Interface) *Volumes {
	return &Volumes{kubernetes: cluster, provisioner: provisioner, client: client, copies: map[types.UID]struct{}{}}
}

// Made notes a PersistentVolume that has come while this process runs, and says whether the
// process made it.
func (v *Volumes) Made(pv *v1.PersistentVolume, here bool) {
	if !here && volume.IsMadeBy(pv, v.provisioner) {
		v.mu.Lock()
		v.copies[pv.UID] = struct{}{}
		v.mu.Unlock()
	}
	v.Seen(pv)
}

// Seen notes a PersistentVolume as it is now. It is no copy if a claim has it, and if the
// annotation says whose it is, that counts.
func (v *Volumes) Seen(pv *v1.PersistentVolume) {
	if pv.Status.Phase == v1.VolumeBound || v.saysOther(pv) {
		v.Gone(pv)
	}
}

// Gone forgets a PersistentVolume.
func (v *Volumes) Gone(pv *v1.PersistentVolume) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.copies, pv.UID)
}

// saysOther says whether a PersistentVolume's annotation has another than this cluster.
func (v *Volumes) saysOther(pv *v1.PersistentVolume) bool {
	made := pv.Annotations[volume.AnnotationKubernetes]
	return made != "" && made != string(v.kubernetes)
}

// Check returns nil if a PersistentVolume's volume may be deleted when its claim is gone. The
// error says why not, and what a person can do. What only this process knows is written onto
// the PersistentVolume for the next one.
func (v *Volumes) Check(ctx context.Context, pv *v1.PersistentVolume) error {
	if v.saysOther(pv) {
		return v.kept(pv)
	}
	v.mu.Lock()
	_, isCopy := v.copies[pv.UID]
	v.mu.Unlock()
	if !isCopy {
		return nil
	}
	if err := v.markCopy(ctx, pv); err != nil {
		return fmt.Errorf("%w; that cannot be written onto the PersistentVolume yet: %w", v.kept(pv), err)
	}
	return v.kept(pv)
}

// kept is the error of a volume that is not deleted.
func (v *Volumes) kept(pv *v1.PersistentVolume) error {
	why := "this PersistentVolume was made from a copy, such as a backup's, since its claim was gone before it was made"
	if made := pv.Annotations[volume.AnnotationKubernetes]; v.saysOther(pv) && made != mark {
		why = fmt.Sprintf("this PersistentVolume is a copy, such as a backup's, of one of another Kubernetes cluster, which may still use it: annotation %s is %s, and this cluster is %s", volume.AnnotationKubernetes, made, v.kubernetes)
	}
	return fmt.Errorf("the volume is kept: %s; docs/disaster.md has how a claim gets it; to have it deleted: kubectl annotate pv %s --overwrite %s=%s", why, pv.Name, volume.AnnotationKubernetes, v.kubernetes)
}

// markCopy writes onto a PersistentVolume that it is a copy. The UID keeps it from touching one
// made anew by that name.
func (v *Volumes) markCopy(ctx context.Context, pv *v1.PersistentVolume) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid":         pv.UID,
		"annotations": map[string]string{volume.AnnotationKubernetes: mark},
	}})
	if err != nil {
		return err
	}
	_, err = v.client.CoreV1().PersistentVolumes().Patch(ctx, pv.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
