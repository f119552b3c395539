package library

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/cache"
)

// annotationsThatCount are those by which the library decides, and the old one with the
// name of the class.
var annotationsThatCount = []string{
	annotationProvisioner,
	annotationBetaProvisioner,
	annotationSelectedNode,
	annotationAlphaSelectedNode,
	v1.BetaStorageClassAnnotation,
}

// NewClaims returns an informer of claims for the library.
//
//   - The library hears of an update only if something has changed that counts. It
//     tries a claim at once at each update it hears of, however short the time since
//     the last try. What a user writes into a claim, such as a label, would have heketi
//     asked each time. New claims and resyncs are heard of as ever. What changes more
//     than annotations ends the claim's pause.
//   - It hears of waiting claims when their class is made, and when TellOf is called. It
//     forgets a claim that ShouldProvision does not let in.
func NewClaims(claims, classes cache.SharedIndexInformer, pauses *Pauses) *Claims {
	return &Claims{SharedIndexInformer: claims, classes: classes, pauses: pauses}
}

// Claims is an informer of claims for the library.
type Claims struct {
	cache.SharedIndexInformer
	classes cache.SharedIndexInformer
	pauses  *Pauses
	listeners
}

// claimsByUID is an index that the library adds (uidIndex in it).
const claimsByUID = "uid"

// TellOf has the library look at the claim of that UID, as a resync would. It returns false
// if there is none.
func (i *Claims) TellOf(uid string) bool {
	found, err := i.GetIndexer().ByIndex(claimsByUID, uid)
	if err != nil || len(found) == 0 {
		return false
	}
	i.tell(found[0])
	return true
}

// AddEventHandlerWithResyncPeriod has a handler hear of what counts, of waiting claims
// when their class is made, and of all claims as often as the period says. It is the
// only way in which the library adds one.
func (i *Claims) AddEventHandlerWithResyncPeriod(handler cache.ResourceEventHandler, period time.Duration) (cache.ResourceEventHandlerRegistration, error) {
	if _, err := i.classes.AddEventHandler(newClasses{i.GetStore(), handler, i.pauses}); err != nil {
		return nil, err
	}
	i.add(handler)
	return i.SharedIndexInformer.AddEventHandlerWithResyncPeriod(whatCounts{handler, i.pauses}, period)
}

// whatCounts passes on what it hears of, but for updates in which nothing counts.
type whatCounts struct {
	cache.ResourceEventHandler
	pauses *Pauses
}

// OnUpdate passes an update on in which something counts.
func (h whatCounts) OnUpdate(before, now any) {
	old, wasClaim := before.(*v1.PersistentVolumeClaim)
	claim, isClaim := now.(*v1.PersistentVolumeClaim)
	switch {
	case !wasClaim || !isClaim:
	case counts(old, claim):
		h.pauses.End(string(claim.UID))
	case isResync(old, claim) || isAnnotated(old, claim):
	default:
		return
	}
	h.ResourceEventHandler.OnUpdate(before, now)
}

// isResync says whether a claim is told of again although it is the same.
func isResync(old, claim *v1.PersistentVolumeClaim) bool {
	return old.ResourceVersion == claim.ResourceVersion
}

// counts says whether a try of the claim may end otherwise now. A claim of another UID
// was made anew by that name while the watch was interrupted.
func counts(old, claim *v1.PersistentVolumeClaim) bool {
	return old.UID != claim.UID || old.Status.Phase != claim.Status.Phase ||
		!old.DeletionTimestamp.Equal(claim.DeletionTimestamp) || !equality.Semantic.DeepEqual(old.Spec, claim.Spec)
}

// isAnnotated says whether an annotation was written that counts. Users may write them as
// often as they like, so that it ends no pause.
func isAnnotated(old, claim *v1.PersistentVolumeClaim) bool {
	for _, name := range annotationsThatCount {
		if old.Annotations[name] != claim.Annotations[name] {
			return true
		}
	}
	return false
}
