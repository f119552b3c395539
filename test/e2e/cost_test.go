package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

const (
	// startSamples is how many pods are started of each kind.
	startSamples = 5
	// manyUsers is how many pods use a volume at once.
	manyUsers = 10
)

// TestCostOfMounts measures how long pods take to start, and how much memory a volume
// takes on the node, and prints both as a row of the table in docs/performance.md.
func TestCostOfMounts(t *testing.T) {
	makeClass(t, "cost", nil)
	makeNamespace(t, "cost")
	makeClaim(t, claim{namespace: "cost", name: "data", class: "cost"})
	v := volumeOf(t, "cost", "data")

	without := medianStart(t, v)
	mounting := medianStart(t, v, "data")
	startPod(t, "cost", "user-1", "data")
	one := memoryOf(t, clientsOf(t, v))
	using := medianStart(t, v, "data")
	for i := 2; i <= manyUsers; i++ {
		startPod(t, "cost", fmt.Sprintf("user-%d", i), "data")
	}
	clients := clientsOf(t, v)
	many, plugin := memoryOf(t, clients), memoryOf(t, processesOf(t, "/glusterfs-csi-node"))
	t.Logf("\n| Kubernetes | no volume | volume | volume in use | 1 pod | %d pods | processes | plugin |\n| %s | %s | %s | %s | %s | %s | %d | %s |",
		manyUsers, version(), without, mounting, using, one, many, len(clients), plugin)
	if want := wantedProcesses(); len(clients) != want {
		t.Errorf("the clients of %d pods that use a volume are %d processes, want %d", manyUsers, len(clients), want)
	}
	remove(t, "cost", "pods", "--all")
	waitUnmounted(t, v)
}

// wantedProcesses is how many processes the clients are for the pods that use a volume.
// kubelet's plugin starts a client for each pod, with the option auto_unmount, for which
// a second process watches the first.
func wantedProcesses() int {
	if version().MountsGlusterFS() {
		return 2 * manyUsers
	}
	return 1
}

// medianStart starts pods with the claims, one after the other, and returns how long it
// takes, in the median, until one is ready. If none used the volume, it is mounted anew
// for each.
func medianStart(t *testing.T, v volume, claims ...string) time.Duration {
	t.Helper()
	before := len(clientsOf(t, v))
	var took []time.Duration
	for range startSamples {
		start := time.Now()
		makePod(t, "cost", "sample", nil, claims...)
		bench.Eventually(t, patience, isReady)
		took = append(took, time.Since(start))
		remove(t, "cost", "pod/sample")
		if before == 0 {
			waitUnmounted(t, v)
		}
	}
	slices.Sort(took)
	return took[len(took)/2].Round(10 * time.Millisecond)
}

func isReady(ctx context.Context) error {
	pod, err := env.client.CoreV1().Pods("cost").Get(ctx, "sample", metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == v1.PodReady && condition.Status == v1.ConditionTrue {
			return nil
		}
	}
	return fmt.Errorf("the pod is %s, want it ready", pod.Status.Phase)
}
