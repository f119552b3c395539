package library

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/cache"
)

// annotationsThatCount are those by which the library decides whether and how to
// provision a claim: annStorageProvisioner, annBetaStorageProvisioner, annSelectedNode
// and annAlphaSelectedNode in it, and the old one with the name of the class.
var annotationsThatCount = []string{
	"volume.kubernetes.io/storage-provisioner",
	"volume.beta.kubernetes.io/storage-provisioner",
	"volume.kubernetes.io/selected-node",
	"volume.alpha.kubernetes.io/selected-node",
	v1.BetaStorageClassAnnotation,
}

// Claims returns an informer of claims for the library.
//
//   - The library hears of an update only if something has changed that counts. It
//     tries a claim at once at each update it hears of, however short the time since
//     the last try. What a user writes into a claim, such as a label, would have heketi
//     asked each time. New claims and resyncs are heard of as ever.
//   - It hears of waiting claims when their class is made. It forgets a claim that
//     HasClassOf does not let in.
func Claims(claims, classes cache.SharedIndexInformer) cache.SharedIndexInformer {
	return claimInformer{claims, classes}
}

type claimInformer struct {
	cache.SharedIndexInformer
	classes cache.SharedIndexInformer
}

// AddEventHandlerWithResyncPeriod has a handler hear of what counts, of waiting claims
// when their class is made, and of all claims as often as the period says. It is the
// only way in which the library adds one.
func (i claimInformer) AddEventHandlerWithResyncPeriod(handler cache.ResourceEventHandler, period time.Duration) (cache.ResourceEventHandlerRegistration, error) {
	if _, err := i.classes.AddEventHandler(newClasses{i.GetStore(), handler}); err != nil {
		return nil, err
	}
	return i.SharedIndexInformer.AddEventHandlerWithResyncPeriod(whatCounts{handler}, period)
}

// whatCounts passes on what it hears of, but for updates in which nothing counts.
type whatCounts struct{ cache.ResourceEventHandler }

// OnUpdate passes an update on in which something counts.
func (h whatCounts) OnUpdate(before, now any) {
	old, wasClaim := before.(*v1.PersistentVolumeClaim)
	claim, isClaim := now.(*v1.PersistentVolumeClaim)
	if !wasClaim || !isClaim || isResync(old, claim) || counts(old, claim) {
		h.ResourceEventHandler.OnUpdate(before, now)
	}
}

// isResync says whether a claim is told of again although it is the same.
func isResync(old, claim *v1.PersistentVolumeClaim) bool {
	return old.ResourceVersion == claim.ResourceVersion
}

// counts says whether a try of the claim may end otherwise now. A claim of another UID
// was made anew by that name while the watch was interrupted.
func counts(old, claim *v1.PersistentVolumeClaim) bool {
	if old.UID != claim.UID || old.Status.Phase != claim.Status.Phase ||
		!old.DeletionTimestamp.Equal(claim.DeletionTimestamp) || !equality.Semantic.DeepEqual(old.Spec, claim.Spec) {
		return true
	}
	for _, name := range annotationsThatCount {
		if old.Annotations[name] != claim.Annotations[name] {
			return true
		}
	}
	return false
}
