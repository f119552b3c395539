package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// inTree is the in-tree plugin's name in classes.
const inTree = "kubernetes.io/glusterfs"

// TestClassIsMoved changes one line of a class of the in-tree plugin, of which there are
// volumes. They stay the plugin's, and their GIDs theirs, until they are handed over.
func TestClassIsMoved(t *testing.T) {
	if newerThan(t, "1.26") {
		t.Skip("this version of Kubernetes has no in-tree plugin")
	}
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", inTree, map[string]string{"key": heketi.AdminKey()})
	class := newClass(t, p, heketi, withSecret(secret), with(map[string]string{"gidMin": "43000", "gidMax": "43002"}), growable, func(class *storagev1.StorageClass) {
		class.Provisioner = inTree
	})
	stays, isHandedOver := newClaim(t, namespace, class.Name, "1Gi"), newClaim(t, namespace, class.Name, "1Gi")
	theirs, handedOver := waitBound(t, stays), waitBound(t, isHandedOver)

	moveClass(t, class.Name, p.name)
	ours := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))
	waits := newClaim(t, namespace, class.Name, "1Gi")
	waitEvent(t, waits.UID, "43000-43002", "all 3 are held")
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}

	handOver(t, heketi, class.Name, handedOver.Name)
	p.endWell(t) // Kubernetes' own expander shall meet the raised request alone.
	mustRequest(t, isHandedOver, "3Gi")
	waitEvent(t, isHandedOver.UID, "VolumeResizeFailed", "failed to get volume info")
	p = launch(t, p.name)
	p.waitLeading(t)
	waitSize(t, heketi, isHandedOver, 3)

	deleteClaim(t, stays)
	waitVolumeGone(t, theirs.Name)
	deleteClaim(t, isHandedOver)
	waitVolumeGone(t, handedOver.Name)
	next := waitBound(t, waits)
	if gid := next.Annotations[volume.AnnotationGID]; gid != handedOver.Annotations[volume.AnnotationGID] {
		t.Errorf("the next GID is %s, want that of the volume which was handed over and deleted", gid)
	}
	for _, pv := range []*v1.PersistentVolume{ours, next} {
		deleteClaim(t, &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pv.Spec.ClaimRef.Name}})
		waitVolumeGone(t, pv.Name)
	}
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// moveClass makes a class again with another provisioner.
func moveClass(t *testing.T, name, provisioner string) {
	t.Helper()
	const command = `kubectl get storageclass slow -o yaml | sed 's#kubernetes.io/glusterfs#gluster.org/glusterfs#' | kubectl replace --force -f -`
	if guide := must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "docs", "moving.md"))); !strings.Contains(string(guide), "$ "+command+"\n") {
		t.Fatalf("docs/moving.md does not tell to run %q", command)
	}
	fill := strings.NewReplacer("slow", name, "gluster.org/glusterfs", provisioner)
	must[[]byte](t)(env.cluster.Script(t.Context(), "sh", "-c", fill.Replace(command)))
}

// handOver hands volumes of the in-tree plugin over as docs/moving.md has it.
func handOver(t *testing.T, heketi *bench.Heketi, class string, volumes ...string) {
	t.Helper()
	script := filepath.Join(env.root, "examples", "hand-over.sh")
	must[[]byte](t)(env.cluster.Script(t.Context(), script, append([]string{class, heketi.Clusters()[0]}, volumes...)...))
}

// TestLeftoversAreHandedOver hands over what the in-tree plugin left in a cluster that
// has none any more: a volume in use, and one that nobody could delete.
func TestLeftoversAreHandedOver(t *testing.T) {
	t.Parallel()
	if !newerThan(t, "1.26") {
		t.Skip("this version of Kubernetes has the in-tree plugin")
	}
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"), "--endpoints-sync=500ms")
	p.waitLeading(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", inTree, map[string]string{"key": heketi.AdminKey()})
	class := newClass(t, p, heketi, withSecret(secret), growable)
	inUse, released := leftover(t, heketi, namespace, class.Name), leftover(t, heketi, namespace, class.Name)
	deleteClaim(t, released)
	waitPhase(t, released.Spec.VolumeName, v1.VolumeFailed)

	handOver(t, heketi, class.Name, inUse.Spec.VolumeName, released.Spec.VolumeName)
	waitVolumeGone(t, released.Spec.VolumeName)
	handOver(t, heketi, class.Name, inUse.Spec.VolumeName) // again, which does nothing
	of := endpointsOf(waitBound(t, inUse))
	deleteService(t, of)
	waitEndpoints(t, seconds, of, firstHosts)
	mustRequest(t, inUse, "3Gi")
	waitSize(t, heketi, inUse, 3)
	deleteClaim(t, inUse)
	waitVolumeGone(t, inUse.Spec.VolumeName)
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// leftover makes a claim with a volume, and all objects as the in-tree plugin wrote them.
func leftover(t *testing.T, heketi *bench.Heketi, namespace, class string) *v1.PersistentVolumeClaim {
	t.Helper()
	request := &api.VolumeCreateRequest{Size: 1, Gid: 40000}
	request.Durability.Type = api.DurabilityReplicate
	request.Durability.Replicate.Replica = 3
	made := must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(request))
	claim := newClaim(t, namespace, class, "1Gi", func(claim *v1.PersistentVolumeClaim) { claim.Spec.VolumeName = unique("leftover") })
	fill := strings.NewReplacer(
		"name: pvc-UID", "name: "+claim.Spec.VolumeName, "UID", string(claim.UID), "VOLUME_ID", made.Id,
		"default", namespace, "myclaim", claim.Name, "slow", class, "CLUSTER_IP", `""`,
	)
	var pv v1.PersistentVolume
	var endpoints v1.Endpoints
	var service v1.Service
	for text, object := range map[string]any{inTreeVolume: &pv, inTreeEndpoints: &endpoints, inTreeService: &service} {
		if err := yaml.UnmarshalStrict([]byte(fill.Replace(text)), object); err != nil {
			t.Fatal(err)
		}
	}
	core := env.client.CoreV1()
	must[*v1.Service](t)(core.Services(namespace).Create(t.Context(), &service, metav1.CreateOptions{}))
	must[*v1.Endpoints](t)(core.Endpoints(namespace).Create(t.Context(), &endpoints, metav1.CreateOptions{}))
	must[*v1.PersistentVolume](t)(core.PersistentVolumes().Create(t.Context(), &pv, metav1.CreateOptions{}))
	waitBound(t, claim)
	return claim
}
