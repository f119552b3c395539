package integration

import (
	"fmt"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// TestConversionIsRefused has something be in the way each time. Nothing is touched then, an
// event on the PersistentVolume and on its claim says what it is, and once it is gone, the
// PersistentVolume is converted.
func TestConversionIsRefused(t *testing.T) {
	s := newScene(t, sceneOptions{glusterfs: true})
	s.claim(t)
	s.checkPromises(t)
	names := s.volumes(t)
	before := texts(t, names)
	refusedWith := func(i int, words ...string) {
		t.Helper()
		pv := getVolume(t, names[i])
		for _, on := range []*v1.ObjectReference{{UID: pv.UID}, pv.Spec.ClaimRef} {
			s.waitEvent(t, on.UID, append([]string{"VolumeNotConverted"}, words...)...)
		}
	}

	convert(t, names[:1], volume.CSI)
	refusedWith(0, "CSIDriver glusterfs.csi.gluster.org does not exist", "kubectl apply -f deploy/csi/")
	installDriver(t)
	s.waitConverted(t, names[:1], volume.CSI)

	allow := refuse(t, "CREATE", "persistentvolumes", s.owns)
	convert(t, names[1:2], volume.CSI)
	refusedWith(1, "the API server would refuse the new PersistentVolume", refused)
	allow()
	s.waitConverted(t, names[1:2], volume.CSI)

	patchVolume(t, names[2], `{"metadata": {"finalizers": ["example.com/backup"]}}`)
	convert(t, names[2:3], volume.CSI)
	refusedWith(2, "finalizers example.com/backup are somebody else's")
	patchVolume(t, names[2], `{"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/backup"]}}`)
	s.waitConverted(t, names[2:3], volume.CSI)

	convert(t, names[3:4], "nfs")
	refusedWith(3, `annotation gluster.org/convert-to is "nfs"`, "must be csi or glusterfs")
	convert(t, names[3:4], volume.CSI)
	s.waitConverted(t, names[3:4], volume.CSI)

	lost := getVolume(t, names[4])
	if err := s.heketi.Client().VolumeDelete(lost.Annotations[volume.AnnotationVolumeID]); err != nil {
		t.Fatal(err)
	}
	other := getVolume(t, names[5])
	patchVolume(t, names[5], fmt.Sprintf(`{"metadata": {"annotations": {%q: %q}}}`, volume.AnnotationVolumeID, getVolume(t, names[6]).Annotations[volume.AnnotationVolumeID]))
	convert(t, names[4:6], volume.CSI)
	refusedWith(4, "not found")
	refusedWith(5, "correct annotation gluster.org/heketi-volume-id", names[6])

	// Nobody wants it any more.
	for _, name := range names[4:6] {
		patchVolume(t, name, fmt.Sprintf(`{"metadata": {"annotations": {%q: null, %q: %q}}}`, volume.AnnotationConvertTo, volume.AnnotationVolumeID, map[string]string{
			names[4]: lost.Annotations[volume.AnnotationVolumeID], names[5]: other.Annotations[volume.AnnotationVolumeID],
		}[name]))
	}
	for name, now := range texts(t, names[4:]) {
		expectSame(t, before[name], now)
	}
	deleteClaim(t, s.claims[4])
	waitVolumeGone(t, names[4])
	s.claims = append(s.claims[:4], s.claims[5:]...)
	convert(t, names[5:], volume.CSI)
	s.waitConverted(t, append(names[:4], names[5:]...), volume.CSI)
	s.options.csi = true
	s.checkPromises(t)
}

// TestConversionOfAReleasedVolume is refused, since no claim would be bound to the new one.
func TestConversionOfAReleasedVolume(t *testing.T) {
	installDriver(t)
	s := newScene(t, sceneOptions{glusterfs: true})
	claim := newClaim(t, s.namespace, s.newClassLike(t, s.class, retain), "1Gi")
	pv := waitBound(t, claim)
	deleteClaim(t, claim)
	waitPhase(t, pv.Name, v1.VolumeReleased)
	convert(t, []string{pv.Name}, volume.CSI)
	s.waitEvent(t, pv.UID, "VolumeNotConverted", claim.Name, "does not exist any more")
	if now := getVolume(t, pv.Name); now.UID != pv.UID {
		t.Errorf("it was made again")
	}
	if err := env.client.CoreV1().PersistentVolumes().Delete(t.Context(), pv.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}
