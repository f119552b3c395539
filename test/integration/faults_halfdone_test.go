package integration

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// cleanUps is the path by which heketi is asked to clean up.
const cleanUps = "^/operations/pending/cleanup$"

// TestFaultResizeHalfDone kills heketi while it expands volumes, when gluster has the
// new bricks already. What it was interrupted in is left alone, and told; and it is
// noticed when somebody has heketi clean up all the same.
func TestFaultResizeHalfDone(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{heketi: bench.HeketiOptions{Faults: []bench.Fault{{Command: "volume add-brick", Pause: 2 * time.Second}}}})
	s.claim(t)
	s.checkPromises(t)
	s.proxy.GlusterIsAhead()
	asked := s.proxy.Disturb("POST", cleanUps, bench.PassOn)
	s.raise(t, "3Gi")
	s.killHeketiAtWork(t)
	left, grown := s.sortByOperation(t)
	for _, claim := range left {
		s.waitEvent(t, claim.UID, "VolumeResizeFailed", "half done", "No data is lost", "docs/mending.md")
	}
	for _, claim := range grown {
		waitSize(t, s.heketi, claim, 3)
	}
	for _, claim := range left {
		checkSize(t, claim, "1Gi")
	}
	if seen := asked.Seen(); seen > 0 {
		t.Errorf("heketi was asked %d times to clean up, want never", seen)
	}
	s.waitMetric(t, fmt.Sprintf("glusterfs_provisioner_heketi_operations_left_alone %d", len(left)))

	if err := s.heketi.Client().PendingOperationCleanUp(&api.PendingOperationsCleanRequest{}); err != nil {
		t.Fatal(err)
	}
	s.eventually(t, func(context.Context) error { return namespaceTold("HeketiClean", s.proxy.URL(), "docs/mending.md") })
	seen := regexp.MustCompile(`\nglusterfs_provisioner_heketi_unasked_cleanups_total\{heketi="` + regexp.QuoteMeta(s.proxy.URL()) + `"\} [1-9]`)
	s.eventually(t, func(context.Context) error {
		if _, metrics := s.provisioner().get(t, "/metrics"); !seen.MatchString(metrics) {
			return fmt.Errorf("no metric counts the clean-up: %s", linesWith(metrics, "unasked_cleanups"))
		}
		return nil
	})
	for _, claim := range left {
		s.waitEvent(t, claim.UID, "VolumeResizeFailed", "half done", "bricks that heketi does not count")
		checkSize(t, claim, "1Gi")
	}
	s.unclaim(t)
	s.checkPromises(t)
}

// sortByOperation sorts the scene's claims by whether heketi was interrupted in growing
// their volumes.
func (s *scene) sortByOperation(t *testing.T) (interrupted, others []*v1.PersistentVolumeClaim) {
	t.Helper()
	pending, err := s.heketi.Client().PendingOperationList()
	if err != nil {
		t.Fatal(err)
	}
	volumes := map[string]bool{}
	for _, operation := range pending.PendingOperations {
		if operation.Status != "stale" {
			continue
		}
		details, err := s.heketi.Client().PendingOperationDetails(operation.Id)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range details.Changes {
			volumes[change.Id] = true
		}
	}
	for _, claim := range s.claims {
		if volumes[waitBound(t, claim).Annotations[volume.AnnotationVolumeID]] {
			interrupted = append(interrupted, claim)
		} else {
			others = append(others, claim)
		}
	}
	if len(interrupted) == 0 || len(others) == 0 {
		t.Fatalf("heketi was interrupted in growing %d volumes of %d", len(interrupted), len(s.claims))
	}
	return interrupted, others
}

// checkSize checks the size that PersistentVolume and claim say.
func checkSize(t *testing.T, claim *v1.PersistentVolumeClaim, want string) {
	t.Helper()
	now, err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(t.Context(), claim.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pv, err := env.client.CoreV1().PersistentVolumes().Get(t.Context(), now.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if of, on := now.Status.Capacity.Storage().String(), pv.Spec.Capacity.Storage().String(); of != want || on != want {
		t.Errorf("claim %s has %s, its PersistentVolume %s; want %s", claim.Name, of, on, want)
	}
}

// waitMetric waits until the leader's metrics have a line that begins so.
func (s *scene) waitMetric(t *testing.T, line string) {
	t.Helper()
	s.eventually(t, func(context.Context) error {
		if _, metrics := s.provisioner().get(t, "/metrics"); !strings.Contains(metrics, "\n"+line) {
			return fmt.Errorf("no metric is %s", line)
		}
		return nil
	})
}

// namespaceTold returns nil if an event on the provisioners' Namespace has all the texts.
func namespaceTold(texts ...string) error { return toldIn(ourNamespace, texts...) }

// toldIn returns nil if an event of a namespace has all the texts.
func toldIn(namespace string, texts ...string) error {
	list, err := env.client.CoreV1().Events(namespace).List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, event := range list.Items {
		if containsAll(event.Reason+": "+event.Message, texts) {
			return nil
		}
	}
	return fmt.Errorf("no event on the Namespace has %q", texts)
}
