package resize

import (
	"errors"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/provisioner/volume"
)

// watch queues the PersistentVolumes that need something, when they, their claims or
// their classes change in what counts. Other changes queue nothing, such as that of the
// status that this package writes itself: they would undo the pauses between tries.
func (r *Resizer) watch() error {
	core := r.Informers.Core().V1()
	_, watchingVolumes := core.PersistentVolumes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    r.sawVolume,
		UpdateFunc: r.volumeChanged,
		DeleteFunc: r.lostVolume,
	})
	_, watchingClaims := core.PersistentVolumeClaims().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    r.sawClaim,
		UpdateFunc: r.claimChanged,
	})
	_, watchingClasses := r.Informers.Storage().V1().StorageClasses().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    r.sawClass,
		UpdateFunc: r.classChanged,
	})
	return errors.Join(watchingVolumes, watchingClaims, watchingClasses)
}

func (r *Resizer) sawVolume(object any) {
	if pv, ok := object.(*v1.PersistentVolume); ok {
		r.queueIfNeeded(pv, r.cachedClaimOf(pv))
	}
}

func (r *Resizer) volumeChanged(before, now any) {
	old, _ := before.(*v1.PersistentVolume)
	pv, ok := now.(*v1.PersistentVolume)
	if !ok || old == nil {
		return
	}
	again := old.ResourceVersion == pv.ResourceVersion
	if again || old.Status.Phase != pv.Status.Phase || !equality.Semantic.DeepEqual(old.Spec.Capacity, pv.Spec.Capacity) ||
		volume.IsMadeBy(old, r.Provisioner) != volume.IsMadeBy(pv, r.Provisioner) {
		r.sawVolume(pv)
	}
}

func (r *Resizer) lostVolume(object any) {
	name, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object)
	if err == nil {
		r.queue.Forget(name)
		r.done(name)
	}
}

func (r *Resizer) sawClaim(object any) {
	claim, ok := object.(*v1.PersistentVolumeClaim)
	if !ok || claim.Spec.VolumeName == "" {
		return
	}
	if pv, err := r.Informers.Core().V1().PersistentVolumes().Lister().Get(claim.Spec.VolumeName); err == nil {
		r.queueIfNeeded(pv, claim)
	}
}

func (r *Resizer) claimChanged(before, now any) {
	old, _ := before.(*v1.PersistentVolumeClaim)
	claim, ok := now.(*v1.PersistentVolumeClaim)
	if !ok || old == nil {
		return
	}
	if sizeOf(old) != sizeOf(claim) {
		r.requestChanged(claim)
		return
	}
	again := old.ResourceVersion == claim.ResourceVersion
	if again || old.Spec.VolumeName != claim.Spec.VolumeName || old.Status.Phase != claim.Status.Phase ||
		!equality.Semantic.DeepEqual(old.Status.Capacity, claim.Status.Capacity) {
		r.sawClaim(claim)
	}
}

// afterRefusal is how soon another size is tried after one that failed. Whoever changes a
// request again and again must not keep heketi busy.
const afterRefusal = 5 * time.Second

// requestChanged has the claim's volume looked at without the pause that failures of the
// former size have led to.
func (r *Resizer) requestChanged(claim *v1.PersistentVolumeClaim) {
	failed := r.queue.NumRequeues(claim.Spec.VolumeName) > 0
	r.queue.Forget(claim.Spec.VolumeName)
	if failed {
		r.queue.AddAfter(claim.Spec.VolumeName, afterRefusal)
		return
	}
	r.sawClaim(claim)
}

// sizeOf returns how many GiB a claim's volume is to have. Requests that lead to the same
// size count as the same.
func sizeOf(claim *v1.PersistentVolumeClaim) int {
	gib, _ := volume.RoundUpGiB(claim.Spec.Resources.Requests[v1.ResourceStorage])
	return gib
}

func (r *Resizer) sawClass(object any) {
	class, ok := object.(*storagev1.StorageClass)
	if !ok || !allowsGrowth(class) {
		return
	}
	all, err := r.Informers.Core().V1().PersistentVolumes().Lister().List(labels.Everything())
	if err != nil {
		return
	}
	for _, pv := range all {
		if pv.Spec.StorageClassName == class.Name {
			r.queueIfNeeded(pv, r.cachedClaimOf(pv))
		}
	}
}

func (r *Resizer) classChanged(before, now any) {
	if old, ok := before.(*storagev1.StorageClass); ok && !allowsGrowth(old) {
		r.sawClass(now)
	}
}

func allowsGrowth(class *storagev1.StorageClass) bool {
	return class.AllowVolumeExpansion != nil && *class.AllowVolumeExpansion
}

func (r *Resizer) queueIfNeeded(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) {
	if !volume.IsMadeBy(pv, r.Provisioner) {
		return
	}
	if needOf(pv, claim).any() {
		r.queue.Add(pv.Name)
	} else {
		r.waitsNoMore(pv.Name)
	}
}

// cachedClaimOf returns the claim of a PersistentVolume as the cache has it; nil if there
// is none.
func (r *Resizer) cachedClaimOf(pv *v1.PersistentVolume) *v1.PersistentVolumeClaim {
	ref := pv.Spec.ClaimRef
	if ref == nil {
		return nil
	}
	claim, err := r.Informers.Core().V1().PersistentVolumeClaims().Lister().PersistentVolumeClaims(ref.Namespace).Get(ref.Name)
	if err != nil {
		return nil
	}
	return claim
}
