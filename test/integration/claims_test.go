package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestBothWaysToNameTheClass covers spec.storageClassName and the annotation
// that came before it.
func TestBothWaysToNameTheClass(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)

	byField := newClaim(t, namespace, class.Name, "1Gi")
	byAnnotation := newClaim(t, namespace, class.Name, "1Gi", func(claim *v1.PersistentVolumeClaim) {
		claim.Annotations = map[string]string{v1.BetaStorageClassAnnotation: *claim.Spec.StorageClassName}
		claim.Spec.StorageClassName = nil
	})
	for _, claim := range []*v1.PersistentVolumeClaim{byField, byAnnotation} {
		if pv := waitBound(t, claim); pv.Spec.StorageClassName != class.Name {
			t.Errorf("the PersistentVolume of %s has class %q, want %q", claim.Name, pv.Spec.StorageClassName, class.Name)
		}
	}
}

// TestDefaultName serves classes that name gluster.org/glusterfs, with no flag
// set for it.
func TestDefaultName(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "gluster.org/glusterfs")
	p.waitLeading(t)
	defer p.endWell(t)
	claim := newClaim(t, newNamespace(t), newClass(t, p, heketi, nil).Name, "1Gi")
	waitBound(t, claim)
	waitEvent(t, claim.UID, "ProvisioningSucceeded")
}

// TestManyClaimsAtOnce makes 50 claims at once, of two classes whose GIDs
// overlap, and deletes them at once.
func TestManyClaimsAtOnce(t *testing.T) {
	const count = 50
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	classes := []string{
		newClass(t, p, heketi, map[string]string{"gidMin": "50000", "gidMax": "50049"}).Name,
		newClass(t, p, heketi, map[string]string{"gidMin": "50025", "gidMax": "50100"}).Name,
	}
	var claims []*v1.PersistentVolumeClaim
	for i := range count {
		claims = append(claims, newClaim(t, namespace, classes[i%2], "1Gi"))
	}
	gids := map[string]string{}
	var volumes []string
	for _, claim := range claims {
		pv := waitBound(t, claim)
		gid := pv.Annotations[volume.AnnotationGID]
		if other, taken := gids[gid]; taken {
			t.Errorf("%s and %s share GID %s", pv.Name, other, gid)
		}
		gids[gid] = pv.Name
		volumes = append(volumes, pv.Name)
	}
	if made := len(volumesIn(t, heketi)); made != count {
		t.Errorf("heketi has %d volumes for %d claims", made, count)
	}
	waitJournalEmpty(t, p)

	for _, claim := range claims {
		deleteClaim(t, claim)
	}
	for _, name := range volumes {
		waitVolumeGone(t, name)
	}
	waitNothingLeft(t, heketi, namespace)
	// Their GIDs are free again: the lowest of them all comes next.
	again := waitBound(t, newClaim(t, namespace, classes[0], "1Gi"))
	if gid := again.Annotations[volume.AnnotationGID]; gid != "50000" {
		t.Errorf("after all were deleted, the next GID is %s, want 50000", gid)
	}
}

// TestFullRange has more claims than GIDs. One waits until a GID is free.
func TestFullRange(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, map[string]string{"gidMin": "60000", "gidMax": "60001"})
	first, second := newClaim(t, namespace, class.Name, "1Gi"), newClaim(t, namespace, class.Name, "1Gi")
	waitBound(t, first)
	waitBound(t, second)
	third := newClaim(t, namespace, class.Name, "1Gi")
	waitEvent(t, third.UID, class.Name, "60000-60001", "all 2 are held", "gidMax")
	deleteClaim(t, first)
	waitBound(t, third)
}

func TestStatefulSetClaims(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)
	replicas := int32(3)
	labels := map[string]string{"app": "archive"}
	set := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "archive", Namespace: namespace},
		Spec: appsv1.StatefulSetSpec{
			ServiceName: "archive", Replicas: &replicas, PodManagementPolicy: appsv1.ParallelPodManagement,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "archive", Image: "busybox"}}},
			},
			VolumeClaimTemplates: []v1.PersistentVolumeClaim{{
				ObjectMeta: metav1.ObjectMeta{Name: "data"},
				Spec:       claimOf(namespace, class.Name, "1Gi").Spec,
			}},
		},
	}
	must[*appsv1.StatefulSet](t)(env.client.AppsV1().StatefulSets(namespace).Create(t.Context(), set, metav1.CreateOptions{}))
	for i := range replicas {
		name := fmt.Sprintf("data-archive-%d", i)
		var claim *v1.PersistentVolumeClaim
		bench.Eventually(t, soon, func(ctx context.Context) (err error) {
			claim, err = env.client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, name, metav1.GetOptions{})
			return err
		})
		waitBound(t, claim)
	}
}

// waitForConsumer makes a class whose volumes are made once a pod is scheduled.
func waitForConsumer(class *storagev1.StorageClass) {
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	class.VolumeBindingMode = &mode
}

// selectNode does what the scheduler does when it has chosen a node for the pod
// that uses the claim.
func selectNode(t *testing.T, claim *v1.PersistentVolumeClaim, node string) {
	t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"volume.kubernetes.io/selected-node":%q}}}`, node)
	must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(t.Context(), claim.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}))
}

func newNode(t *testing.T) string {
	t.Helper()
	node := must[*v1.Node](t)(env.client.CoreV1().Nodes().Create(t.Context(), &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: unique("node")}}, metav1.CreateOptions{}))
	return node.Name
}

func TestWaitForFirstConsumer(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil, waitForConsumer)

	claim := newClaim(t, namespace, class.Name, "1Gi")
	waitEvent(t, claim.UID, "WaitForFirstConsumer")
	if made := volumesIn(t, heketi); len(made) > 0 {
		t.Errorf("volumes were made before a node was selected: %v", made)
	}
	selectNode(t, claim, newNode(t))
	waitBound(t, claim)

	// A node that is gone has the pod scheduled anew.
	claim = newClaim(t, namespace, class.Name, "1Gi")
	selectNode(t, claim, "gone")
	waitEvent(t, claim.UID, "ProvisioningFailed", `"gone" not found`)
	bench.Eventually(t, soon, func(ctx context.Context) error {
		now, err := env.client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if node, selected := now.Annotations["volume.kubernetes.io/selected-node"]; selected {
			return fmt.Errorf("node %q is still selected", node)
		}
		return nil
	})
}

// TestLongNames makes a volume for a claim with the longest names there are.
func TestLongNames(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := unique(strings.Repeat("n", 55))
	must[*v1.Namespace](t)(env.client.CoreV1().Namespaces().Create(t.Context(), &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}))
	class := newClass(t, p, heketi, map[string]string{"volumenameprefix": "prefix"})
	claim := newClaim(t, namespace, class.Name, "1Gi", func(claim *v1.PersistentVolumeClaim) {
		claim.Name = strings.Repeat("a.b-", 63) + "z"
	})
	pv := waitBound(t, claim)
	name := pv.Spec.Glusterfs.Path
	if len(name) != 90 || !strings.HasSuffix(name, string(claim.UID)) || !strings.HasPrefix(name, "prefix_") {
		t.Errorf("the volume is called %q (%d characters)", name, len(name))
	}
	deleteClaim(t, claim)
	waitVolumeGone(t, pv.Name)
	waitNothingLeft(t, heketi, namespace)
}
