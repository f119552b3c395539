package conversion

import (
	"errors"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/volume"
)

// watch has PersistentVolumes looked at when something changes that a conversion waits for.
// Other changes queue nothing: they would undo the pauses between tries.
func (c *Conversions) watch() error {
	_, watchingVolumes := c.PersistentVolumes.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { c.sawVolume(nil, object) },
		UpdateFunc: c.sawVolume,
		DeleteFunc: c.lostVolume,
	})
	_, watchingClaims := c.Claims.AddEventHandler(cache.ResourceEventHandlerFuncs{
		UpdateFunc: c.sawClaim,
		DeleteFunc: c.lostClaim,
	})
	return errors.Join(watchingVolumes, watchingClaims)
}

func (c *Conversions) sawVolume(before, now any) {
	pv, ok := now.(*v1.PersistentVolume)
	if !ok {
		return
	}
	if _, underWay := c.get(pv.Name); underWay {
		c.underWay.Add(pv.Name)
		return
	}
	old, _ := before.(*v1.PersistentVolume)
	if isMarked(pv) && c.Concerns(pv) && (old == nil || old.ResourceVersion == pv.ResourceVersion || old.Status.Phase != pv.Status.Phase ||
		old.Annotations[volume.AnnotationConvertTo] != pv.Annotations[volume.AnnotationConvertTo]) {
		c.wanted.Add(pv.Name)
	}
}

// isMarked says whether a PersistentVolume is to be converted, or was begun to be.
func isMarked(pv *v1.PersistentVolume) bool {
	return pv.Annotations[volume.AnnotationConvertTo] != "" || pv.Annotations[volume.AnnotationPolicy] != ""
}

func (c *Conversions) lostVolume(object any) {
	if pv, ok := caches.LastKnown[*v1.PersistentVolume](object); ok {
		if _, underWay := c.get(pv.Name); underWay {
			c.underWay.Add(pv.Name)
			return
		}
		c.wanted.Forget(pv.Name)
	}
}

func (c *Conversions) sawClaim(before, now any) {
	old, _ := before.(*v1.PersistentVolumeClaim)
	claim, ok := now.(*v1.PersistentVolumeClaim)
	if !ok || old == nil || claim.Spec.VolumeName == "" {
		return
	}
	if _, underWay := c.get(claim.Spec.VolumeName); underWay {
		c.underWay.Add(claim.Spec.VolumeName)
		return
	}
	if old.Status.Phase != claim.Status.Phase {
		c.lookAgain(claim.Spec.VolumeName)
	}
}

func (c *Conversions) lostClaim(object any) {
	if claim, ok := caches.LastKnown[*v1.PersistentVolumeClaim](object); ok {
		if _, underWay := c.get(claim.Spec.VolumeName); underWay {
			c.underWay.Add(claim.Spec.VolumeName)
		}
	}
}

// lookAgain has a PersistentVolume looked at if it is to be converted.
func (c *Conversions) lookAgain(name string) {
	if pv, err := c.Volumes.Get(name); err == nil && isMarked(pv) {
		c.wanted.Add(name)
	}
}
