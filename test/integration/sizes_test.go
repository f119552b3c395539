package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// growable is a class whose claims may grow.
func growable(class *storagev1.StorageClass) {
	allowed := true
	class.AllowVolumeExpansion = &allowed
}

// allowGrowth changes whether the claims of a class may grow.
func allowGrowth(t *testing.T, class string, allowed bool) {
	t.Helper()
	patch := fmt.Appendf(nil, `{"allowVolumeExpansion": %t}`, allowed)
	must[*storagev1.StorageClass](t)(env.client.StorageV1().StorageClasses().Patch(t.Context(), class, types.MergePatchType, patch, metav1.PatchOptions{}))
}

// request changes what a claim requests.
func request(ctx context.Context, claim *v1.PersistentVolumeClaim, size string) error {
	patch := fmt.Appendf(nil, `{"spec": {"resources": {"requests": {"storage": %q}}}}`, size)
	_, err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

func mustRequest(t *testing.T, claim *v1.PersistentVolumeClaim, size string) {
	t.Helper()
	if err := request(t.Context(), claim, size); err != nil {
		t.Fatal(err)
	}
}

// brokenSize returns what is wrong with the size of a claim's volume: heketi, the
// PersistentVolume and the claim's status have what the claim requests, rounded up.
func brokenSize(claim *v1.PersistentVolumeClaim, pv *v1.PersistentVolume, made api.VolumeInfoResponse) error {
	wanted, err := volume.RoundUpGiB(*claim.Spec.Resources.Requests.Storage())
	if err != nil {
		return err
	}
	return brokenSizeOf(wanted, claim, pv, made)
}

func brokenSizeOf(wantedGiB int, claim *v1.PersistentVolumeClaim, pv *v1.PersistentVolume, made api.VolumeInfoResponse) error {
	wanted := volume.GiB(wantedGiB)
	if made.Size > wantedGiB {
		return bench.Final(fmt.Errorf("claim %s has %d GiB in heketi, wanted are %d", claim.Name, made.Size, wantedGiB))
	}
	says, has := pv.Spec.Capacity.Storage(), claim.Status.Capacity.Storage()
	if made.Size != wantedGiB || says.Cmp(wanted) != 0 || has.Cmp(wanted) != 0 {
		return fmt.Errorf("claim %s is to have %s; heketi has %dGi, the PersistentVolume %s, the status %s; its events:\n%s",
			claim.Name, &wanted, made.Size, says, has, strings.Join(eventsOf(claim.UID), "\n"))
	}
	if len(claim.Status.Conditions) > 0 {
		return fmt.Errorf("claim %s has conditions %v", claim.Name, claim.Status.Conditions)
	}
	return nil
}

// claimStatus is what client-go's type does not know of a claim's status.
type claimStatus struct {
	AllocatedResources        map[v1.ResourceName]resource.Quantity
	AllocatedResourceStatuses map[v1.ResourceName]string
}

// growing returns an error if the claim says that its growing is not at its end.
func (s claimStatus) growing(claim string) error {
	if len(s.AllocatedResourceStatuses) > 0 {
		return fmt.Errorf("claim %s has allocatedResourceStatuses %v", claim, s.AllocatedResourceStatuses)
	}
	return nil
}

// claimStatuses returns that of each claim of a namespace, by the claim's name.
func claimStatuses(ctx context.Context, namespace string) (map[string]claimStatus, error) {
	text, err := env.client.CoreV1().RESTClient().Get().Namespace(namespace).Resource("persistentvolumeclaims").
		SetHeader("Accept", "application/json").DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   claimStatus
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	statuses := map[string]claimStatus{}
	for _, claim := range list.Items {
		statuses[claim.Metadata.Name] = claim.Status
	}
	return statuses, nil
}

// unfinishedGrowth returns which claim of a namespace says that its growing is not
// at its end.
func unfinishedGrowth(ctx context.Context, namespace string) error {
	statuses, err := claimStatuses(ctx, namespace)
	if err != nil {
		return err
	}
	for name, status := range statuses {
		if err := status.growing(name); err != nil {
			return err
		}
	}
	return nil
}

// waitSize waits until a claim's volume has exactly that many GiB, and PersistentVolume
// and claim say so.
func waitSize(t *testing.T, heketi *bench.Heketi, claim *v1.PersistentVolumeClaim, gib int) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		now, err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		pv, err := env.client.CoreV1().PersistentVolumes().Get(ctx, now.Spec.VolumeName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		made, err := heketi.Client().VolumeInfo(volume.IDOf(pv))
		if err != nil {
			return err
		}
		if err := brokenSizeOf(gib, now, pv, *made); err != nil {
			return err
		}
		statuses, err := claimStatuses(ctx, claim.Namespace)
		if err != nil {
			return err
		}
		return statuses[claim.Name].growing(claim.Name)
	})
}

// waitCondition waits until a claim has a condition whose message has all the texts.
func waitCondition(t *testing.T, claim *v1.PersistentVolumeClaim, kind string, texts ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		now, err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(now.Status.Conditions, func(c v1.PersistentVolumeClaimCondition) bool {
			return string(c.Type) == kind && c.Status == v1.ConditionTrue && containsAll(c.Message, texts)
		}) {
			return fmt.Errorf("claim %s has conditions %v", claim.Name, now.Status.Conditions)
		}
		return nil
	})
}

// newerThan says whether the API server is of that version or a newer one.
func newerThan(t *testing.T, version string) bool {
	t.Helper()
	server, err := env.client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	return utilversion.MustParseGeneric(server.GitVersion).AtLeast(utilversion.MustParseGeneric(version))
}

// tracksAllocation says whether the API server keeps what is allocated to a claim,
// and lets a request be lowered after a failure (RecoverVolumeExpansionFailure).
func tracksAllocation(t *testing.T) bool {
	t.Helper()
	return newerThan(t, "1.32")
}

// expectAllocation checks what the API server says is allocated to a claim, if it
// keeps that.
func expectAllocation(t *testing.T, claim *v1.PersistentVolumeClaim, size, state string) {
	t.Helper()
	if !tracksAllocation(t) {
		return
	}
	bench.Eventually(t, soon, func(ctx context.Context) error {
		statuses, err := claimStatuses(ctx, claim.Namespace)
		if err != nil {
			return err
		}
		status, want := statuses[claim.Name], resource.MustParse(size)
		allocated, said := status.AllocatedResources[v1.ResourceStorage], status.AllocatedResourceStatuses[v1.ResourceStorage]
		if allocated.Cmp(want) != 0 || said != state {
			return fmt.Errorf("allocated are %s, %q; want %s, %q", &allocated, said, size, state)
		}
		return nil
	})
}
