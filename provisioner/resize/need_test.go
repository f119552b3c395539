package resize

import (
	"encoding/json"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// bound is a PersistentVolume of that capacity, bound to a claim with that request
// and status.
func bound(capacity, requested, status string) (*v1.PersistentVolume, *v1.PersistentVolumeClaim) {
	pv, claim := &v1.PersistentVolume{}, &v1.PersistentVolumeClaim{}
	pv.Name, claim.Name, claim.Namespace, claim.UID = "pvc-1", "myclaim", "default", "uid-1"
	pv.Spec.Capacity = v1.ResourceList{v1.ResourceStorage: resource.MustParse(capacity)}
	pv.Spec.ClaimRef = &v1.ObjectReference{Namespace: "default", Name: "myclaim", UID: "uid-1"}
	claim.Spec.VolumeName = "pvc-1"
	claim.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse(requested)}
	claim.Status.Phase = v1.ClaimBound
	claim.Status.Capacity = v1.ResourceList{v1.ResourceStorage: resource.MustParse(status)}
	return pv, claim
}

func with(kind v1.PersistentVolumeClaimConditionType) func(*v1.PersistentVolume, *v1.PersistentVolumeClaim) {
	return func(_ *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) {
		claim.Status.Conditions = []v1.PersistentVolumeClaimCondition{{Type: kind, Status: v1.ConditionTrue}}
	}
}

func TestNeedOf(t *testing.T) {
	now := metav1.Now()
	for what, test := range map[string]struct {
		capacity, requested, status string
		change                      func(*v1.PersistentVolume, *v1.PersistentVolumeClaim)
		want                        need
	}{
		"nothing":                         {"5Gi", "5Gi", "5Gi", nil, need{}},
		"nothing, with room":              {"5Gi", "4100Mi", "5Gi", nil, need{}},
		"nothing, lowered":                {"5Gi", "1Gi", "5Gi", nil, need{}},
		"nothing, in other units":         {"5120Mi", "5Gi", "5Gi", nil, need{}},
		"another condition":               {"5Gi", "5Gi", "5Gi", with("ModifyingVolume"), need{}},
		"more":                            {"5Gi", "7Gi", "5Gi", nil, need{growGiB: 7}},
		"a little more":                   {"5Gi", "5121Mi", "5Gi", nil, need{growGiB: 6}},
		"decimal units":                   {"1Gi", "5G", "1Gi", nil, need{growGiB: 5}},
		"more than the status pretends":   {"5Gi", "7Gi", "7Gi", nil, need{growGiB: 7}},
		"more, begun":                     {"5Gi", "7Gi", "5Gi", with(conditionResizing), need{growGiB: 7}},
		"a capacity that is no whole GiB": {"4500Mi", "4500Mi", "4500Mi", nil, need{growGiB: 5}},
		"grown, not recorded":             {"7Gi", "7Gi", "5Gi", nil, need{record: true}},
		"grown, recorded without rounding": {"7Gi", "6500Mi", "6500Mi", nil,
			need{record: true}},
		"grown and lowered":    {"7Gi", "6Gi", "5Gi", nil, need{record: true}},
		"grown, said to grow":  {"7Gi", "7Gi", "7Gi", with(conditionResizing), need{record: true}},
		"grown, said to fail":  {"7Gi", "7Gi", "7Gi", with(conditionError), need{record: true}},
		"a request of nothing": {"5Gi", "0", "5Gi", nil, need{}},
		"another claim's": {"5Gi", "7Gi", "5Gi",
			func(_ *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) { claim.UID = "uid-2" }, need{}},
		"a claim of another": {"5Gi", "7Gi", "5Gi",
			func(_ *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) { claim.Spec.VolumeName = "pvc-2" }, need{}},
		"for no claim": {"5Gi", "7Gi", "5Gi",
			func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) { pv.Spec.ClaimRef = nil }, need{}},
		"not bound yet": {"5Gi", "7Gi", "0",
			func(_ *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) { claim.Status.Phase = v1.ClaimPending }, need{}},
		"claim being deleted": {"5Gi", "7Gi", "5Gi",
			func(_ *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) { claim.DeletionTimestamp = &now }, need{}},
		"being deleted": {"5Gi", "7Gi", "5Gi",
			func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) { pv.DeletionTimestamp = &now }, need{}},
		"about to be deleted": {"5Gi", "7Gi", "5Gi",
			func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) {
				pv.Status.Phase, pv.Spec.PersistentVolumeReclaimPolicy = v1.VolumeFailed, v1.PersistentVolumeReclaimDelete
			}, need{}},
	} {
		pv, claim := bound(test.capacity, test.requested, test.status)
		if test.change != nil {
			test.change(pv, claim)
		}
		if got := needOf(pv, claim); got != test.want {
			t.Errorf("%s: got %+v, want %+v", what, got, test.want)
		}
	}
	pv, _ := bound("5Gi", "7Gi", "5Gi")
	if got := needOf(pv, nil); got.any() {
		t.Errorf("without a claim: got %+v", got)
	}
}

// apply patches a claim as the API server does.
func apply(t *testing.T, claim *v1.PersistentVolumeClaim, status fields) *v1.PersistentVolumeClaim {
	t.Helper()
	before, err := json.Marshal(claim)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := json.Marshal(fields{"status": status})
	if err != nil {
		t.Fatal(err)
	}
	after, err := strategicpatch.StrategicMergePatch(before, patch, &v1.PersistentVolumeClaim{})
	if err != nil {
		t.Fatal(err)
	}
	var patched v1.PersistentVolumeClaim
	if err := json.Unmarshal(after, &patched); err != nil {
		t.Fatal(err)
	}
	return &patched
}

// TestStatus takes a claim through all that can be said of it, twice each, since
// what is said already is not written again. Conditions of others stay.
func TestStatus(t *testing.T) {
	const others = v1.PersistentVolumeClaimConditionType("ModifyingVolume")
	size, less := resource.MustParse("7Gi"), resource.MustParse("6Gi")
	_, claim := bound("5Gi", "7Gi", "5Gi")
	with(others)(nil, claim)
	if saysGrowing(claim, size) {
		t.Error("it says that it grows")
	}
	claim = apply(t, claim, growing(claim, size, metav1.Now()))
	if !saysGrowing(claim, size) || saysGrowing(claim, less) || saysStuck(claim, "no space") {
		t.Errorf("growing: %+v", claim.Status)
	}
	claim = apply(t, claim, stuck("no space", metav1.Now()))
	if !saysStuck(claim, "no space") || saysStuck(claim, "another reason") || !saysGrowing(claim, size) {
		t.Errorf("stuck: %+v", claim.Status)
	}
	claim = apply(t, claim, growing(claim, less, metav1.Now()))
	if !saysGrowing(claim, less) || saysStuck(claim, "no space") {
		t.Errorf("lowered: %+v", claim.Status)
	}
	claim = apply(t, claim, grown(claim, less))
	if claim.Status.Capacity.Storage().Cmp(less) != 0 || len(claim.Status.Conditions) != 1 || !hasCondition(claim, others) {
		t.Errorf("grown: %+v", claim.Status)
	}
	if kept, ok := allocated(claim); !ok || kept.Cmp(less) != 0 {
		t.Errorf("allocated are %v", claim.Status.AllocatedResources)
	}
}

// TestStatusOfAnOlderAPIServer is of one that does not keep what is allocated.
func TestStatusOfAnOlderAPIServer(t *testing.T) {
	size := resource.MustParse("7Gi")
	_, claim := bound("5Gi", "7Gi", "5Gi")
	claim = apply(t, claim, growing(claim, size, metav1.Now()))
	claim.Status.AllocatedResources = nil
	if !saysGrowing(claim, size) {
		t.Errorf("growing: %+v", claim.Status)
	}
	claim = apply(t, claim, grown(claim, size))
	if _, kept := allocated(claim); kept || len(claim.Status.Conditions) != 0 {
		t.Errorf("grown: %+v", claim.Status)
	}
}

// TestGrownOfAClaimWithoutConditions leaves none, though the copy that is known has
// some. What the API server of 1.25 does with a patch, client-go of that time does, too.
func TestGrownOfAClaimWithoutConditions(t *testing.T) {
	size := resource.MustParse("7Gi")
	_, known := bound("5Gi", "7Gi", "5Gi")
	with(conditionResizing)(nil, known)
	_, claim := bound("5Gi", "7Gi", "5Gi")
	if claim = apply(t, claim, grown(known, size)); len(claim.Status.Conditions) != 0 {
		t.Errorf("got conditions %+v, want none", claim.Status.Conditions)
	}
	if claim = apply(t, claim, growing(claim, size, metav1.Now())); len(claim.Status.Conditions) != 1 {
		t.Errorf("got conditions %+v of a claim that grows, want one", claim.Status.Conditions)
	}
}
