package integration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/test/bench"
)

// serversOf names the ConfigMap that lists the storage hosts of heketi's first cluster.
func serversOf(heketi *bench.Heketi) types.NamespacedName {
	return types.NamespacedName{Namespace: ourNamespace, Name: "glusterfs-cluster-" + heketi.Clusters()[0]}
}

func getServers(ctx context.Context, heketi *bench.Heketi) (*v1.ConfigMap, error) {
	return env.client.CoreV1().ConfigMaps(ourNamespace).Get(ctx, serversOf(heketi).Name, metav1.GetOptions{})
}

// wrongServers returns nil if the ConfigMap of heketi's first cluster is as the node
// plugin reads it, with these hosts.
func wrongServers(ctx context.Context, heketi *bench.Heketi, hosts []string) error {
	found, err := getServers(ctx, heketi)
	if err != nil {
		return err
	}
	if want := strings.Join(hosts, ","); found.Data["servers"] != want || len(found.Data) != 1 {
		return fmt.Errorf("%s has %v, want servers %s", serversOf(heketi), found.Data, want)
	}
	return nil
}

func waitServers(t *testing.T, heketi *bench.Heketi, hosts []string) {
	t.Helper()
	bench.Eventually(t, seconds, func(ctx context.Context) error { return wrongServers(ctx, heketi, hosts) })
}

func waitServersGone(t *testing.T, heketi *bench.Heketi) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, err := getServers(ctx, heketi)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(fmt.Errorf("%s is still there", serversOf(heketi)), err)
	})
}

// TestSourceCSICost counts what claims with the source csi cost: less than those with
// Endpoints, and the ConfigMap is written once for all of them.
func TestSourceCSICost(t *testing.T) {
	const count = 20
	installDriver(t)
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startKeeping(t, "500ms")
	class := newClass(t, p, heketi, ofCSI)
	namespace := newNamespace(t)
	log := requestsFromNow(t)
	volumes := makeVolumes(t, count, namespace, class.Name)
	waitServers(t, heketi, firstHosts)
	for _, pv := range volumes {
		deleteClaim(t, &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pv.Spec.ClaimRef.Name}})
		defer waitVolumeGone(t, pv.Name)
	}
	waitJournalEmpty(t, p)
	waitNothingLeft(t, heketi, namespace)
	waitServersGone(t, heketi)
	if writes := log.writes(t, serversOf(heketi).String()); len(writes) != 2 {
		t.Errorf("want one creation and one deletion for all of them, got\n%s", list(writes))
	}
	if writes := slices.Concat(log.writes(t, "services"), log.writes(t, "endpoints")); len(writes) > 0 {
		t.Errorf("Services and Endpoints were written:\n%s", list(writes))
	}
	// The library deletes some PersistentVolumes twice.
	writes := slices.Compact(slices.Sorted(slices.Values(log.writes(t))))
	if most := 7*count + 2; len(writes) > most {
		t.Errorf("%d claims cost %d writes, want at most %d:\n%s", count, len(writes), most, list(writes))
	}
}

// TestSourceCSIServers are kept right: deleted, changed, and when a host is replaced.
// They stay as long as a PersistentVolume is mounted from them.
func TestSourceCSIServers(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startKeeping(t, "500ms")
	class := newClass(t, p, heketi, ofCSI, retain)
	pv := makeVolumes(t, 1, newNamespace(t), class.Name)[0]
	waitServers(t, heketi, firstHosts)

	configMaps := env.client.CoreV1().ConfigMaps(ourNamespace)
	if err := configMaps.Delete(t.Context(), serversOf(heketi).Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitServers(t, heketi, firstHosts)
	waitNamespaceEvent(t, "ConfigMapRepaired", serversOf(heketi).String(), "deleted")
	changed := must[*v1.ConfigMap](t)(getServers(t.Context(), heketi))
	changed.Data["servers"] = "192.0.2.1"
	must[*v1.ConfigMap](t)(configMaps.Update(t.Context(), changed, metav1.UpdateOptions{}))
	waitServers(t, heketi, firstHosts)
	waitNamespaceEvent(t, "ConfigMapRepaired", serversOf(heketi).String(), "changed")

	added := must[string](t)(heketi.AddNode(heketi.Clusters()[0], "192.168.10.8"))
	waitServers(t, heketi, append(firstHosts, "192.168.10.8"))
	if err := heketi.RemoveNode(added); err != nil {
		t.Fatal(err)
	}
	waitServers(t, heketi, firstHosts)

	deleteClaim(t, &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: pv.Spec.ClaimRef.Namespace, Name: pv.Spec.ClaimRef.Name}})
	waitPhase(t, pv.Name, v1.VolumeReleased)
	if err := wrongServers(t.Context(), heketi, firstHosts); err != nil {
		t.Error(err)
	}
	deleteVolume(t, pv.Name)
	waitServersGone(t, heketi)
}

// TestSourceCSIServersNotOurs leaves alone a ConfigMap that somebody else made, and
// says so on the claim.
func TestSourceCSIServersNotOurs(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	theirs := &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: serversOf(heketi).Name}, Data: map[string]string{"mine": "text"}}
	configMaps := env.client.CoreV1().ConfigMaps(ourNamespace)
	made := must[*v1.ConfigMap](t)(configMaps.Create(t.Context(), theirs, metav1.CreateOptions{}))
	claim := newClaim(t, newNamespace(t), newClass(t, p, heketi, ofCSI).Name, "1Gi")
	waitEvent(t, claim.UID, "ProvisioningFailed", "ConfigMap "+serversOf(heketi).String(), "rename or delete it")
	if now := must[*v1.ConfigMap](t)(getServers(t.Context(), heketi)); now.ResourceVersion != made.ResourceVersion {
		t.Errorf("it was changed: %v", now.Data)
	}
	if err := configMaps.Delete(t.Context(), theirs.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitBound(t, claim)
	waitServers(t, heketi, firstHosts)
}

// TestSourceCSIGrows raises a claim. Kubernetes' own expander leaves the volume to
// others, and nothing waits for a kubelet. Then the audit finds nothing.
func TestSourceCSIGrows(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	claim := newClaim(t, newNamespace(t), newClass(t, p, heketi, ofCSI, growable).Name, "1Gi")
	pv := waitBound(t, claim)
	mustRequest(t, claim, "3Gi")
	waitSize(t, heketi, claim, 3)
	waitEvent(t, claim.UID, "VolumeResizeSuccessful: the volume has grown from 1Gi to 3Gi")
	expectAllocation(t, claim, "3Gi", "")
	now := must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(t.Context(), claim.Name, metav1.GetOptions{}))
	if len(now.Status.Conditions) > 0 {
		t.Errorf("conditions %v", now.Status.Conditions)
	}
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	deleteClaim(t, claim)
	waitVolumeGone(t, pv.Name)
	waitNothingLeft(t, heketi, claim.Namespace)
	waitServersGone(t, heketi)
}

// TestFaultCSIKilled kills the provisioner at each step of making and deleting volumes
// of source csi.
func TestFaultCSIKilled(t *testing.T) {
	t.Parallel()
	making := append(
		stepsOf(creationSteps, "after heketi accepted it", "after the volume exists", "before the PersistentVolume is saved"),
		atKubernetes("before the ConfigMap", "CREATE", "configmaps"),
	)
	deleting := append(
		stepsOf(deletionSteps, "after the volume is gone", "before the finalizer is removed"),
		refusedAt("before the ConfigMap is deleted", "DELETE", "configmaps"),
	)
	killedAt(t, sceneOptions{csi: true}, making, deleting)
}
