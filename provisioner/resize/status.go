package resize

import (
	"context"
	"encoding/json"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// The values of status.allocatedResourceStatuses, of Kubernetes 1.28 and newer.
const (
	statusInProgress = "ControllerResizeInProgress"
	statusInfeasible = "ControllerResizeInfeasible"
)

// fields are a part of a patch. A patch names the fields of a claim's status that any
// version of Kubernetes knows; an API server drops those that it does not know.
type fields map[string]any

func storage(value any) fields { return fields{string(v1.ResourceStorage): value} }

func condition(kind v1.PersistentVolumeClaimConditionType, now metav1.Time, message string) fields {
	return fields{"type": kind, "status": v1.ConditionTrue, "lastTransitionTime": now, "message": message}
}

// noCondition removes a condition. It may be in a patch only if the claim has conditions:
// to a claim without any, an API server of 1.25 would add what it should remove.
func noCondition(kind v1.PersistentVolumeClaimConditionType) fields {
	return fields{"type": kind, "$patch": "delete"}
}

// growing is the status of a claim whose volume is about to get a size.
func growing(claim *v1.PersistentVolumeClaim, size resource.Quantity, now metav1.Time) fields {
	conditions := []fields{condition(conditionResizing, now, "")}
	if hasCondition(claim, conditionError) {
		conditions = append(conditions, noCondition(conditionError))
	}
	return fields{
		"conditions":                conditions,
		"allocatedResources":        storage(size),
		"allocatedResourceStatuses": storage(statusInProgress),
	}
}

// saysGrowing says whether a claim's status is already as growing has it, as far as the
// API server keeps that.
func saysGrowing(claim *v1.PersistentVolumeClaim, size resource.Quantity) bool {
	to, kept := allocated(claim)
	return hasCondition(claim, conditionResizing) && (!kept || to.Cmp(size) == 0)
}

// stuck is the status of a claim whose volume cannot get the size that it should. It
// lets the request be lowered again.
func stuck(reason string, now metav1.Time) fields {
	return fields{
		"conditions":                []fields{condition(conditionError, now, reason)},
		"allocatedResourceStatuses": storage(statusInfeasible),
	}
}

func saysStuck(claim *v1.PersistentVolumeClaim, reason string) bool {
	said := conditionOf(claim, conditionError)
	return said != nil && said.Message == reason
}

// grown is the status of a claim whose volume has a size and does not grow.
func grown(claim *v1.PersistentVolumeClaim, size resource.Quantity) fields {
	status := fields{
		"capacity":                  storage(size),
		"conditions":                withoutResizing(claim),
		"allocatedResourceStatuses": storage(nil),
		// The in-tree plugin's expander sets this up to 1.27, if told to.
		"resizeStatus": nil,
	}
	if _, kept := allocated(claim); kept {
		status["allocatedResources"] = storage(size)
	}
	return status
}

// ofResizing are the conditions of a claim whose volume is being resized.
var ofResizing = []v1.PersistentVolumeClaimConditionType{conditionResizing, conditionError, v1.PersistentVolumeClaimFileSystemResizePending}

// withoutResizing is the part of a patch that removes these conditions. If the claim has
// no others it removes the whole list, since the claim may have no condition by now, see
// noCondition.
func withoutResizing(claim *v1.PersistentVolumeClaim) any {
	others := slices.ContainsFunc(claim.Status.Conditions, func(c v1.PersistentVolumeClaimCondition) bool { return !slices.Contains(ofResizing, c.Type) })
	if !others {
		return nil
	}
	removed := make([]fields, 0, len(ofResizing))
	for _, kind := range ofResizing {
		removed = append(removed, noCondition(kind))
	}
	return removed
}

// patchStatus patches the status of a claim. The UID in the patch keeps it from
// touching a claim made anew by that name.
func (r *Resizer) patchStatus(ctx context.Context, claim *v1.PersistentVolumeClaim, status fields) error {
	patch, err := json.Marshal(fields{"metadata": fields{"uid": claim.UID}, "status": status})
	if err != nil {
		return err
	}
	_, err = r.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// patchCapacity patches the capacity of a PersistentVolume.
func (r *Resizer) patchCapacity(ctx context.Context, pv *v1.PersistentVolume, size resource.Quantity) error {
	patch, err := json.Marshal(fields{"metadata": fields{"uid": pv.UID}, "spec": fields{"capacity": storage(size)}})
	if err != nil {
		return err
	}
	_, err = r.Client.CoreV1().PersistentVolumes().Patch(ctx, pv.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	return err
}
