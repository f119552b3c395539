package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	provisioned "glusterfs-provisioner/provisioner/volume"
)

// raise has the claim "data" request so much.
func raise(t *testing.T, namespace string, gib int) {
	t.Helper()
	kubectl(t, "patch", "pvc", "data", "--namespace="+namespace, "--patch",
		fmt.Sprintf(`{"spec": {"resources": {"requests": {"storage": "%dGi"}}}}`, gib))
}

// checkGrown tells whether the claim "data", and its PersistentVolume, have that size.
func checkGrown(ctx context.Context, namespace string, gib int) error {
	claim, err := env.client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, "data", metav1.GetOptions{})
	if err != nil {
		return err
	}
	volume, err := env.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	want := fmt.Sprintf("%dGi", gib)
	capacity, size := claim.Status.Capacity[v1.ResourceStorage], volume.Spec.Capacity[v1.ResourceStorage]
	if capacity.String() != want || size.String() != want {
		return fmt.Errorf("the claim has %s, its PersistentVolume %s, want %s", &capacity, &size, want)
	}
	return nil
}

func waitGrown(t *testing.T, namespace string, gib int) {
	t.Helper()
	eventually(t, func(ctx context.Context) error { return checkGrown(ctx, namespace, gib) })
}

// waitGrownOrHalfDone waits until the claim has grown or an event says that a person has to
// finish it, and tells whether that is so.
func waitGrownOrHalfDone(t *testing.T, namespace string, gib int) (halfDone bool) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		err := checkGrown(ctx, namespace, gib)
		if err == nil {
			return nil
		}
		events, eventsErr := try(ctx, "get", "events", "--namespace="+namespace,
			"--field-selector=type=Warning,reason=VolumeResizeFailed,involvedObject.name=data", "-o", "jsonpath={.items[*].message}")
		if eventsErr == nil && strings.Contains(events, "half done") && strings.Contains(events, "docs/mending.md") {
			halfDone = true
			return nil
		}
		return fmt.Errorf("%w, and its events say: %s", err, events)
	})
	return halfDone
}

// checkWhole waits until the claim "data" is of that size everywhere, once, and all hosts
// agree with heketi.
func checkWhole(t *testing.T, namespace string, gib int) {
	t.Helper()
	waitGrown(t, namespace, gib)
	v := volumeOf(t, namespace, "data")
	info, err := env.heketi.Client().VolumeInfo(provisioned.IDOf(v.pv))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size != gib || len(info.Bricks) != 3*gib {
		t.Errorf("heketi's volume has %d GiB in %d bricks, want %d in %d", info.Size, len(info.Bricks), gib, 3*gib)
	}
	eventually(t, checkHostsAgree)
}
