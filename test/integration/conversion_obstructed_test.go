package integration

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// heldDeletion begins to convert PersistentVolumes, and returns when the old ones are about
// to be deleted, as many as are converted at a time.
func heldDeletion(t *testing.T, flags ...string) (s *scene, goOn func(), names []string) {
	t.Helper()
	proxy, through := apiServerProxy(t)
	s = newScene(t, sceneOptions{glusterfs: true, flags: append(append([]string{through}, fastTries...), flags...)})
	s.claim(t)
	s.checkPromises(t)
	names = s.volumes(t)
	reached := proxy.Disturb(http.MethodDelete, volumesPath, bench.Hold)
	convert(t, names, volume.CSI)
	s.waitReached(t, reached)
	return s, proxy.Calm, names
}

// waitLost waits for a claim that is Lost, and returns it.
func (s *scene) waitLost(t *testing.T) (lost *v1.PersistentVolumeClaim) {
	t.Helper()
	s.eventually(t, func(ctx context.Context) error {
		list, err := env.client.CoreV1().PersistentVolumeClaims(s.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range list.Items {
			if list.Items[i].Status.Phase == v1.ClaimLost {
				lost = &list.Items[i]
				return nil
			}
		}
		return errorOf("no claim is Lost")
	})
	return lost
}

// TestFaultConversionRefusedInTheMiddle has the API server refuse the new PersistentVolumes
// when the old ones are deleted already. A claim is deleted, the leader changes and audits,
// and deletes orphans. When they are allowed, all goes on, and the volume of the deleted
// claim is deleted.
func TestFaultConversionRefusedInTheMiddle(t *testing.T) {
	installDriver(t)
	s, goOn, names := heldDeletion(t, "--audit-interval=500ms", "--orphan-policy=delete", "--orphan-min-age=1s")
	waitSaid(t, s.provisioner(), "heketis=1")
	allow := refuse(t, "CREATE", "persistentvolumes", s.owns)
	goOn()
	lost := s.waitLost(t)
	s.waitEvent(t, lost.UID, "ConversionObstructed", "PersistentVolume "+lost.Spec.VolumeName, "the API server does not save the new one", refused)
	deleteClaim(t, lost)
	waitClaimGone(t, lost)
	waits := newClaim(t, s.namespace, s.class, "1Gi")
	waitEvent(t, waits.UID, "no GID is free")

	s.kill(t)
	s.restart(t)
	s.waitTold(t, "ConversionObstructed", refused)
	waitSaid(t, s.provisioner(), "heketis=1")
	said := len(s.provisioner().Output())
	s.eventually(t, func(context.Context) error {
		if audits := strings.Count(s.provisioner().Output()[said:], `"Audited"`); audits < 6 {
			return fmt.Errorf("it has audited %d times", audits)
		}
		return nil
	})
	if volumes := len(volumesIn(t, s.heketi)); volumes != faultyClaims {
		t.Errorf("heketi has %d volumes, want %d", volumes, faultyClaims)
	}
	allow()
	waitVolumeGone(t, lost.Spec.VolumeName)
	var others []string
	for i, name := range names {
		if name == lost.Spec.VolumeName {
			s.claims = append(s.claims[:i:i], s.claims[i+1:]...)
			continue
		}
		others = append(others, name)
	}
	s.waitConverted(t, others, volume.CSI)
	waitBound(t, waits)
	deleteClaim(t, waits)
	s.options.csi = true
	expectEndpoints(t, s.namespace, 0)
	s.checkPromises(t)
	s.unclaim(t)
	s.checkPromises(t)
}

// TestConversionMeetsAnother has somebody make a PersistentVolume of that name in the
// middle. It is told, and left alone, and the right one is made when it is gone.
func TestConversionMeetsAnother(t *testing.T) {
	installDriver(t)
	proxy, through := apiServerProxy(t)
	s := newScene(t, sceneOptions{glusterfs: true, flags: append([]string{through}, fastTries...)})
	s.claim(t)
	s.checkPromises(t)
	names := s.volumes(t)
	reached := proxy.Disturb(http.MethodPost, volumesPath+"$", bench.Hold)
	convert(t, names, volume.CSI)
	s.waitReached(t, reached)
	lost := s.waitLost(t)
	another := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: lost.Spec.VolumeName}, Spec: v1.PersistentVolumeSpec{
		AccessModes: lost.Spec.AccessModes, Capacity: v1.ResourceList{v1.ResourceStorage: volume.GiB(1)}, StorageClassName: "none",
		PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimRetain,
		// Without this, Kubernetes would bind the claim to it.
		ClaimRef:               &v1.ObjectReference{Kind: "PersistentVolumeClaim", Namespace: s.namespace, Name: "another", UID: "another"},
		PersistentVolumeSource: v1.PersistentVolumeSource{NFS: &v1.NFSVolumeSource{Server: "192.0.2.1", Path: "/"}},
	}}
	made := must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Create(t.Context(), another, metav1.CreateOptions{}))
	proxy.Calm()
	s.waitEvent(t, lost.UID, "ConversionObstructed", "somebody else has made a PersistentVolume of that name", string(made.UID), "delete it")
	if err := env.client.CoreV1().PersistentVolumes().Delete(t.Context(), another.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.waitConverted(t, names, volume.CSI)
	s.options.csi = true
	s.checkPromises(t)
}

// TestConversionIsStopped takes the annotation away when all is prepared, in both directions.
// What is not deleted yet stays, with its reclaim policy, and what was prepared goes.
func TestConversionIsStopped(t *testing.T) {
	installDriver(t)
	for from, to := range map[volume.Source]volume.Source{volume.Glusterfs: volume.CSI, volume.CSI: volume.Glusterfs} {
		t.Run("to "+string(to), func(t *testing.T) {
			proxy, through := apiServerProxy(t)
			s := newScene(t, sceneOptions{glusterfs: from == volume.Glusterfs, csi: from == volume.CSI, flags: append([]string{through}, fastTries...)})
			s.claim(t)
			s.checkPromises(t)
			names := s.volumes(t)
			before := texts(t, names)
			reached := proxy.Disturb(http.MethodPost, recordsPath, bench.Hold)
			convert(t, names, to)
			s.waitReached(t, reached)
			typeGuide(t, "kubectl annotate pv --all gluster.org/convert-to-")
			proxy.Calm()
			s.eventually(t, s.provisioner().converting)
			s.waitConverted(t, names, from)
			for name, now := range texts(t, names) {
				expectSame(t, before[name], now)
			}
			s.checkPromises(t)
			if from == volume.Glusterfs {
				waitServersGone(t, s.heketi)
			}
		})
	}
}

// TestConversionByHand kills the provisioner when old PersistentVolumes are gone, and makes
// the new ones by hand. One that is started later finds them.
func TestConversionByHand(t *testing.T) {
	installDriver(t)
	proxy, through := apiServerProxy(t)
	s := newScene(t, sceneOptions{glusterfs: true, flags: append([]string{through}, fastTimes...)})
	s.claim(t)
	s.checkPromises(t)
	names := s.volumes(t)
	before := texts(t, names)
	reached := proxy.Disturb(http.MethodPost, volumesPath+"$", bench.Cut)
	convert(t, names, volume.CSI)
	s.waitReached(t, reached)
	lost := s.waitLost(t)
	s.kill(t)
	proxy.Calm()
	made := typeGuide(t, `kubectl -n glusterfs-provisioner get configmaps -l gluster.org/conversions-of -o name | xargs -I{} sh -c "kubectl -n glusterfs-provisioner get {} -o jsonpath='{.data.after}' | kubectl create -f - || true"`)
	if !strings.Contains(made, lost.Spec.VolumeName+" created") {
		t.Errorf("kubectl said %q", made)
	}
	waitBound(t, lost)
	s.restart(t)
	s.waitConverted(t, names, volume.CSI)
	for name, now := range texts(t, names) {
		expectOnlyTheSource(t, before[name], now)
	}
	s.options.csi = true
	s.checkPromises(t)
}
