package resize

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"glusterfs-provisioner/provisioner/volume"
)

// The conditions of a claim whose volume grows or cannot. The type of the second is not
// in client-go yet, but any API server keeps it.
const (
	conditionResizing = v1.PersistentVolumeClaimResizing
	conditionError    = v1.PersistentVolumeClaimConditionType("ControllerResizeError")
)

// GrowsTo returns the size in GiB that a claim requests, if its volume is smaller; else 0.
func GrowsTo(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) int {
	return needOf(pv, claim).growGiB
}

// Obstacle returns what a claim's status says of why its volume cannot grow now; empty if it
// says nothing of that.
func Obstacle(claim *v1.PersistentVolumeClaim) string {
	if condition := conditionOf(claim, conditionError); condition != nil {
		return condition.Message
	}
	return ""
}

// need is what a PersistentVolume and its claim lack.
type need struct {
	// growGiB is the size in GiB that the claim requests, if its volume is smaller;
	// else 0.
	growGiB int
	// record says that the claim's status is behind: it has less than the
	// PersistentVolume's capacity, or still says that the volume grows or cannot.
	record bool
}

// any says whether something is to be done.
func (n need) any() bool { return n.growGiB > 0 || n.record }

// needOf returns what a PersistentVolume and its claim lack, as far as these two tell.
// Without a claim they lack nothing.
func needOf(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) need {
	if claim == nil || !belong(pv, claim) {
		return need{}
	}
	has := *pv.Spec.Capacity.Storage()
	wanted, err := volume.RoundUpGiB(*claim.Spec.Resources.Requests.Storage())
	if size := volume.GiB(wanted); err == nil && size.Cmp(has) > 0 {
		return need{growGiB: wanted}
	}
	return need{record: has.Cmp(*claim.Status.Capacity.Storage()) > 0 || hasCondition(claim, conditionResizing) || hasCondition(claim, conditionError)}
}

// belong says whether the two are bound to each other and neither is going.
func belong(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) bool {
	return pv.Spec.ClaimRef != nil && pv.Spec.ClaimRef.UID == claim.UID && claim.Spec.VolumeName == pv.Name &&
		claim.Status.Phase == v1.ClaimBound && !volume.IsGoing(pv) && claim.DeletionTimestamp == nil
}

func hasCondition(claim *v1.PersistentVolumeClaim, kind v1.PersistentVolumeClaimConditionType) bool {
	return conditionOf(claim, kind) != nil
}

// conditionOf returns a condition of a claim; nil if it has none of that type.
func conditionOf(claim *v1.PersistentVolumeClaim, kind v1.PersistentVolumeClaimConditionType) *v1.PersistentVolumeClaimCondition {
	i := slices.IndexFunc(claim.Status.Conditions, func(c v1.PersistentVolumeClaimCondition) bool { return c.Type == kind })
	if i < 0 {
		return nil
	}
	return &claim.Status.Conditions[i]
}

// allocated returns what a claim's status says is allocated, or on its way to be.
// API servers before 1.32 do not keep that, unless told to.
func allocated(claim *v1.PersistentVolumeClaim) (resource.Quantity, bool) {
	size, ok := claim.Status.AllocatedResources[v1.ResourceStorage]
	return size, ok
}
