package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

func errorOf(text string) error { return errors.New(text) }

// checkAllBound waits until the claims are Bound, each to a volume of its own
// name and GID, and heketi has no other.
func checkAllBound(t *testing.T, heketi *bench.Heketi, namespace string, names []string) {
	t.Helper()
	gids := map[string]string{}
	for _, name := range names {
		claim := must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(namespace).Get(t.Context(), name, metav1.GetOptions{}))
		pv := waitBound(t, claim)
		gid := pv.Annotations[volume.AnnotationGID]
		if other, taken := gids[gid]; taken {
			t.Errorf("%s and %s share GID %s", name, other, gid)
		}
		gids[gid] = name
		made, ok := volumesIn(t, heketi)["pvc-"+string(claim.UID)]
		if !ok || strconv.FormatInt(made.Gid, 10) != gid || made.Id != pv.Annotations[volume.AnnotationVolumeID] {
			t.Errorf("%s has GID %s and volume %s, heketi %+v", name, gid, pv.Annotations[volume.AnnotationVolumeID], made.VolumeInfo)
		}
	}
	if all := len(volumesIn(t, heketi)); all != len(names) {
		t.Errorf("heketi has %d volumes for %d claims", all, len(names))
	}
}

// unscheduledClaim makes a claim that waits for a node, so that a test can make
// beforehand what the provisioner will find.
func unscheduledClaim(t *testing.T, p *provisioner, heketi *bench.Heketi) *v1.PersistentVolumeClaim {
	t.Helper()
	class := newClass(t, p, heketi, nil, waitForConsumer)
	return newClaim(t, newNamespace(t), class.Name, "2Gi")
}

// preparedVolume makes the volume that a claim's would be, as if an earlier try
// had been forgotten.
func preparedVolume(t *testing.T, heketi *bench.Heketi, claim *v1.PersistentVolumeClaim, sizeGiB, replicas int, gid int64) *api.VolumeInfoResponse {
	t.Helper()
	request := &api.VolumeCreateRequest{Name: "pvc-" + string(claim.UID), Size: sizeGiB, Gid: gid}
	request.Durability.Type = api.DurabilityReplicate
	request.Durability.Replicate.Replica = replicas
	return must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(request))
}

// TestAdoption finds a volume under the claim's name. It is taken over with its
// GID, and what is left of its Endpoints is put right.
func TestAdoption(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	claim := unscheduledClaim(t, p, heketi)
	made := preparedVolume(t, heketi, claim, 2, 3, 70123)
	left := &v1.Endpoints{
		ObjectMeta: metav1.ObjectMeta{Name: "glusterfs-dynamic-" + string(claim.UID), Labels: map[string]string{endpoints.LabelClaim: claim.Name}},
		Subsets:    []v1.EndpointSubset{{Addresses: []v1.EndpointAddress{{IP: "10.9.8.7"}}, Ports: []v1.EndpointPort{{Port: 1}}}},
	}
	service := &v1.Service{ObjectMeta: left.ObjectMeta, Spec: v1.ServiceSpec{ClusterIP: v1.ClusterIPNone, Ports: []v1.ServicePort{{Port: 1}}}}
	must[*v1.Service](t)(env.client.CoreV1().Services(claim.Namespace).Create(t.Context(), service, metav1.CreateOptions{}))
	must[*v1.Endpoints](t)(env.client.CoreV1().Endpoints(claim.Namespace).Create(t.Context(), left, metav1.CreateOptions{}))

	selectNode(t, claim, newNode(t))
	pv := waitBound(t, claim)
	if pv.Annotations[volume.AnnotationGID] != "70123" || pv.Annotations[volume.AnnotationVolumeID] != made.Id {
		t.Errorf("the volume was not adopted: %v", pv.Annotations)
	}
	if volumes := volumesIn(t, heketi); len(volumes) != 1 {
		t.Errorf("heketi has %d volumes, want 1", len(volumes))
	}
	now := must[*v1.Endpoints](t)(env.client.CoreV1().Endpoints(claim.Namespace).Get(t.Context(), left.Name, metav1.GetOptions{}))
	if len(now.Subsets) != 1 || len(now.Subsets[0].Addresses) != 3 || now.Subsets[0].Addresses[0].IP == "10.9.8.7" {
		t.Errorf("the Endpoints are %v", now.Subsets)
	}
}

// TestNoAdoptionOfWhatDoesNotFit finds a volume under the claim's name that is
// not what the class asks for.
func TestNoAdoptionOfWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	small := unscheduledClaim(t, p, heketi)
	preparedVolume(t, heketi, small, 1, 3, 70001)
	other := unscheduledClaim(t, p, heketi)
	preparedVolume(t, heketi, other, 2, 2, 70002)
	node := newNode(t)
	selectNode(t, small, node)
	selectNode(t, other, node)
	waitEvent(t, small.UID, "ProvisioningFailed", "does not fit", "it has 1 GiB, wanted are 2")
	waitEvent(t, other.UID, "ProvisioningFailed", "does not fit", "it is replicate:2, wanted is replicate:3")
}

// TestForeignServiceIsLeftAlone finds a Service of somebody else under the name.
func TestForeignServiceIsLeftAlone(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	claim := unscheduledClaim(t, p, heketi)
	name := "glusterfs-dynamic-" + string(claim.UID)
	foreign := &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1.ServiceSpec{Ports: []v1.ServicePort{{Port: 80}}}}
	must[*v1.Service](t)(env.client.CoreV1().Services(claim.Namespace).Create(t.Context(), foreign, metav1.CreateOptions{}))
	selectNode(t, claim, newNode(t))
	waitEvent(t, claim.UID, "ProvisioningFailed", "Service", name, endpoints.LabelClaim)
	if err := env.client.CoreV1().Services(claim.Namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitBound(t, claim)
	if volumes := volumesIn(t, heketi); len(volumes) != 1 {
		t.Errorf("heketi has %d volumes, want 1", len(volumes))
	}
}

// TestHostNames resolves storage hosts that are not IPs, and names the one that
// cannot be. The volume made before that is found again, not made twice.
func TestHostNames(t *testing.T) {
	t.Parallel()
	named := startHeketi(t, bench.HeketiOptions{NodesPerCluster: 3, StorageHosts: []string{"192.168.10.1", "192.168.10.2", "no-such-host.invalid"}})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	claim := newClaim(t, namespace, newClass(t, p, named, nil).Name, "1Gi")
	waitEvent(t, claim.UID, "ProvisioningFailed", `"no-such-host.invalid"`, "cannot be resolved")
	waitEventTimes(t, claim, 3, "cannot be resolved")
	if volumes := volumesIn(t, named); len(volumes) != 1 {
		t.Errorf("heketi has %d volumes after several tries, want 1", len(volumes))
	}
	// The claim goes before it could be served, and takes the volume along.
	deleteClaim(t, claim)
	waitNothingLeft(t, named, namespace)
	waitJournalEmpty(t, p)
}

// TestClaimDeletedWhileDown kills the provisioner after heketi was asked, and
// deletes the claim before it is back.
func TestClaimDeletedWhileDown(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{StorageHosts: []string{"192.168.10.1", "192.168.10.2", "no-such-host.invalid"}})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	claim := newClaim(t, namespace, newClass(t, p, heketi, nil).Name, "1Gi")
	waitEvent(t, claim.UID, "ProvisioningFailed", "cannot be resolved")
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	deleteClaim(t, claim)
	next := launch(t, p.name, fastTimes...)
	next.waitLeading(t)
	waitNothingLeft(t, heketi, namespace)
	waitJournalEmpty(t, next)
	next.endWell(t)
}

// TestNothingIsBegunWithoutTheJournal has the API server refuse the journal's
// entries: heketi is not asked, however often it is tried.
func TestNothingIsBegunWithoutTheJournal(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	allow := refuse(t, "CREATE", "configmaps", func(request *admissionv1.AdmissionRequest) bool {
		var written v1.ConfigMap
		return json.Unmarshal(request.Object.Raw, &written) == nil && written.Annotations["gluster.org/provisioner"] == p.name
	})
	namespace := newNamespace(t)
	claim := newClaim(t, namespace, newClass(t, p, heketi, nil).Name, "1Gi")
	waitEventTimes(t, claim, 3, "cannot note in ConfigMap glusterfs-journal-", "refused by the test")
	if volumes := volumesIn(t, heketi); len(volumes) != 0 {
		t.Errorf("heketi has %d volumes", len(volumes))
	}
	allow()
	waitBound(t, claim)
	waitJournalEmpty(t, p)
}

// TestClaimGetsAnotherVolume binds a claim to a volume made by hand while its own
// is being made: that one is undone.
func TestClaimGetsAnotherVolume(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{StorageHosts: []string{"192.168.10.1", "192.168.10.2", "no-such-host.invalid"}})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	claim := newClaim(t, namespace, newClass(t, p, heketi, nil).Name, "1Gi")
	waitEvent(t, claim.UID, "ProvisioningFailed", "cannot be resolved")
	byHand := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: unique("by-hand")},
		Spec: v1.PersistentVolumeSpec{
			Capacity: claim.Spec.Resources.Requests, AccessModes: claim.Spec.AccessModes, StorageClassName: *claim.Spec.StorageClassName,
			ClaimRef:                      &v1.ObjectReference{Namespace: namespace, Name: claim.Name},
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimRetain,
			PersistentVolumeSource:        v1.PersistentVolumeSource{HostPath: &v1.HostPathVolumeSource{Path: "/by-hand"}},
		},
	}
	must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Create(t.Context(), byHand, metav1.CreateOptions{}))
	if pv := waitBound(t, claim); pv.Name != byHand.Name {
		t.Errorf("the claim got %s", pv.Name)
	}
	waitNothingLeft(t, heketi, namespace)
	waitJournalEmpty(t, p)
}

// TestRestartKeepsGIDs restarts the provisioner between claims.
func TestRestartKeepsGIDs(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	class := newClass(t, p, heketi, map[string]string{"gidMin": "80000", "gidMax": "80100"})
	namespace := newNamespace(t)
	var names []string
	for i := range 3 {
		claim := newClaim(t, namespace, class.Name, "1Gi")
		names = append(names, claim.Name)
		if gid := waitBound(t, claim).Annotations[volume.AnnotationGID]; gid != fmt.Sprint(80000+i) {
			t.Errorf("claim %d got GID %s", i, gid)
		}
		p.endWell(t)
		p = launch(t, p.name)
		p.waitLeading(t)
	}
	checkAllBound(t, heketi, namespace, names)
	p.endWell(t)
}

// TestRetainedVolumeKeepsItsGID removes the PersistentVolume of a retained volume. No
// leader gives its GID to another: somebody may bind the data again.
func TestRetainedVolumeKeepsItsGID(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	class := newClass(t, p, heketi, map[string]string{"gidMin": "80200", "gidMax": "80300"}, retain)
	namespace := newNamespace(t)
	pv := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))
	removeRetained(t, namespace, pv)
	for i := range 2 {
		p.endWell(t)
		p = launch(t, p.name)
		p.waitLeading(t)
		next := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))
		if gid := next.Annotations[volume.AnnotationGID]; gid != fmt.Sprint(80201+i) {
			t.Errorf("after restart %d the next volume has GID %s, the retained one %s", i+1, gid, pv.Annotations[volume.AnnotationGID])
		}
	}
	p.endWell(t)
}

// TestTermFinishesWhatIsInFlight sends SIGTERM in the middle of a burst. What was
// begun is finished, saved, and not begun anew by the next.
func TestTermFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	class := newClass(t, p, heketi, nil)
	namespace := newNamespace(t)
	var names []string
	for range 30 {
		names = append(names, newClaim(t, namespace, class.Name, "1Gi").Name)
	}
	bench.Eventually(t, soon, func(context.Context) error {
		if len(volumesIn(t, heketi)) == 0 {
			return errorOf("no volume is made yet")
		}
		return nil
	})
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, p); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	if strings.Contains(p.Output(), "The grace is over") {
		t.Errorf("it left work behind:\n%s", lastLines(p.Output(), 10))
	}
	next := launch(t, p.name)
	next.waitLeading(t)
	checkAllBound(t, heketi, namespace, names)
	waitJournalEmpty(t, next)
	next.endWell(t)
}
