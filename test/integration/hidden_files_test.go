package integration

import (
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestHiddenFilesKeepAVolumeFromGrowing grows the claim of a volume whose files gluster would
// hide, as most volumes have it that others made. An event says what to do, nothing is asked of
// heketi, and when that is done, the volume grows by itself.
func TestHiddenFilesKeepAVolumeFromGrowing(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	proxy := startProxy(t, heketi) // It answers what gluster has.
	p := startProvisioner(t)
	class := newClass(t, p, nil, map[string]string{"resturl": proxy.URL(), "volumeoptions": "cluster.lookup-optimize on"}, growable)
	claim := newClaim(t, newNamespace(t), class.Name, "1Gi")
	pv := waitBound(t, claim)
	waitEvent(t, claim.UID, "StorageClassParameter", "cluster.lookup-optimize on", "cannot grow")

	mustRequest(t, claim, "3Gi")
	waitEvent(t, claim.UID, "VolumeResizeFailed", "it would hide files", "gluster volume set "+pv.Name+" cluster.lookup-optimize off", "docs/growing.md")
	if made := must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeInfo(volume.IDOf(pv))); made.Size != 1 {
		t.Errorf("the volume has %d GiB, want 1", made.Size)
	}

	proxy.SetGlusterOption(pv.Name, "cluster.lookup-optimize off")
	waitSize(t, heketi, claim, 3)
}

// TestNewVolumesHideNothing makes a volume by a class that says nothing of how files are looked
// up. It grows without a word.
func TestNewVolumesHideNothing(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	proxy := startProxy(t, heketi)
	p := startProvisioner(t)
	class := newClass(t, p, nil, map[string]string{"resturl": proxy.URL(), "volumeoptions": "client.ssl on"}, growable)
	claim := newClaim(t, newNamespace(t), class.Name, "1Gi")
	waitBound(t, claim)
	mustRequest(t, claim, "3Gi")
	waitSize(t, heketi, claim, 3)
	if told := strings.Join(eventsOf(claim.UID), "\n"); strings.Contains(told, "VolumeResizeFailed") {
		t.Errorf("an event says that it failed: %s", told)
	}
}
