package integration

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestUpgrading does what docs/upgrading.md tells, from the forms that PersistentVolumes and the journal had
// before fields were added, and with one in the journal that is of a later version, as after a
// rollback. Volumes are grown and deleted, and what was begun is ended, once.
func TestUpgrading(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	before := launch(t, "test.gluster.org/"+unique("p"), fastTries...)
	before.waitLeading(t)
	namespace := newNamespace(t)
	class := newClass(t, before, heketi, ofGlusterfs, with(map[string]string{"gidMin": "46000", "gidMax": "46003"}), growable)
	grows, goes := newClaim(t, namespace, class.Name, "1Gi"), newClaim(t, namespace, class.Name, "1Gi")
	volumes := []string{waitBound(t, grows).Name, waitBound(t, goes).Name}
	waitJournalEmpty(t, before)
	allow := refuse(t, "CREATE", "services", func(request *admissionv1.AdmissionRequest) bool { return request.Namespace == namespace })
	begun, gone := newClaim(t, namespace, class.Name, "1Gi"), newClaim(t, namespace, class.Name, "1Gi")
	for _, claim := range []*v1.PersistentVolumeClaim{begun, gone} {
		waitEvent(t, claim.UID, "ProvisioningFailed", refused)
	}
	if status, output := admin(before).types(t, "check"); status != 1 || !strings.Contains(output, "2 volumes are in the making") {
		t.Errorf("before the upgrade, the check ended with %d:\n%s", status, output)
	}
	before.endWell(t)
	for _, name := range volumes {
		patchVolume(t, name, fmt.Sprintf(`{"metadata": {"annotations": {%q: null}}}`, volume.AnnotationKubernetes))
	}
	writeOtherForms(t, before.name)
	deleteClaim(t, gone)

	deploy := filepath.Join(env.root, "deploy") + "/"
	mustType(t, before, "upgrading.md", "kubectl apply -f deploy/", "deploy/", deploy)
	after := launch(t, before.name, fastTries...)
	after.waitLeading(t)
	allow()
	made := volumesIn(t, heketi)["pvc-"+string(begun.UID)]
	pv := waitBound(t, begun)
	if pv.Annotations[volume.AnnotationVolumeID] != made.Id || made.Id == "" {
		t.Errorf("the volume that was begun is %q, and the claim got %v", made.Id, pv.Annotations)
	}
	mustRequest(t, grows, "2Gi")
	waitSize(t, heketi, grows, 2)
	deleteClaim(t, goes)
	waitVolumeGone(t, volumes[1])
	bench.Eventually(t, soon, func(context.Context) error {
		if volumes := volumesIn(t, heketi); len(volumes) != 2 {
			return fmt.Errorf("heketi has %d volumes for 2 claims", len(volumes))
		}
		return nil
	})
	waitJournalEmpty(t, after)
	mustType(t, after, "upgrading.md", inPod+"audit")
	changeClass(t, after, class)
	newest := newClaim(t, namespace, class.Name, "1Gi")
	if gid := waitBound(t, newest).Annotations[volume.AnnotationGID]; gid != "47000" {
		t.Errorf("the volume of the changed class has GID %s", gid)
	}
	for _, claim := range []*v1.PersistentVolumeClaim{grows, begun, newest} {
		deleteClaim(t, claim)
	}
	waitNothingLeft(t, heketi, namespace)
	after.endWell(t)
}

// writeOtherForms rewrites a provisioner's journal: without the fields that came later, and with one that
// it does not know.
func writeOtherForms(t *testing.T, name string) {
	t.Helper()
	configMaps := env.client.CoreV1().ConfigMaps(ourNamespace)
	list := must[*v1.ConfigMapList](t)(configMaps.List(t.Context(), metav1.ListOptions{LabelSelector: journal.Selector(name)}))
	if len(list.Items) != 1 || len(list.Items[0].Data) != 2 {
		t.Fatalf("the journal is %+v", list.Items)
	}
	for claim, text := range list.Items[0].Data {
		var entry map[string]any
		if err := yaml.Unmarshal([]byte(text), &entry); err != nil {
			t.Fatal(err)
		}
		for _, later := range []string{"kubernetes", "heketiClusters"} {
			if entry[later] == nil {
				t.Errorf("an entry has no %s, so the test says nothing of it: %s", later, text)
			}
			delete(entry, later)
		}
		entry["ofALaterVersion"] = map[string]any{"what": "nobody knows"}
		list.Items[0].Data[claim] = string(must[[]byte](t)(yaml.Marshal(entry)))
	}
	must[*v1.ConfigMap](t)(configMaps.Update(t.Context(), &list.Items[0], metav1.UpdateOptions{}))
}

// changeClass changes the GIDs of a class as docs/upgrading.md tells to change parameters.
func changeClass(t *testing.T, p *provisioner, class *storagev1.StorageClass) {
	t.Helper()
	mustType(t, p, "upgrading.md", "kubectl get storageclass glusterfs -o yaml > class.yaml", "glusterfs", class.Name)
	file := filepath.Join(desk(t), "class.yaml")
	text := string(must[[]byte](t)(os.ReadFile(file)))
	if err := os.WriteFile(file, []byte(strings.NewReplacer("46000", "47000", "46003", "47003").Replace(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	mustType(t, p, "upgrading.md", "kubectl replace --force -f class.yaml")
}

// TestRollingBack has the Deployment be of another version, and takes that back as docs/upgrading.md tells.
// No node of the bench runs its pods.
func TestRollingBack(t *testing.T) {
	p := &provisioner{name: "test.gluster.org/" + unique("p")}
	image := func() string {
		deployment := must[*appsv1.Deployment](t)(env.client.AppsV1().Deployments(ourNamespace).Get(t.Context(), "glusterfs-provisioner", metav1.GetOptions{}))
		return deployment.Spec.Template.Spec.Containers[0].Image
	}
	const later = "glusterfs-provisioner:later"
	was := image()
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "set", "image", "deployment/glusterfs-provisioner", "--namespace="+ourNamespace, "provisioner="+later))
	isLater := func(set appsv1.ReplicaSet) bool { return set.Spec.Template.Spec.Containers[0].Image == later }
	bench.Eventually(t, soon, func(ctx context.Context) error {
		sets, err := env.client.AppsV1().ReplicaSets(ourNamespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=glusterfs-provisioner"})
		if err == nil && !slices.ContainsFunc(sets.Items, isLater) {
			err = fmt.Errorf("of the other version is none of the %d ReplicaSets yet", len(sets.Items))
		}
		return err
	})
	mustType(t, p, "upgrading.md", "kubectl -n glusterfs-provisioner rollout undo deployment/glusterfs-provisioner")
	if now := image(); now != was {
		t.Errorf("its image is %s, want %s", now, was)
	}
}
