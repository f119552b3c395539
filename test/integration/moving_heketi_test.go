package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

const (
	typedMove     = inPod + "move-heketi --from=http://old:8080 --to=http://new:8080"
	typedKey      = inPod + "move-heketi --from=http://new:8080 --restuser=admin --secret=glusterfs-provisioner/heketi-new"
	typedNewClass = `kubectl get storageclass glusterfs -o yaml | sed 's#http://old:8080#http://new:8080#' | kubectl replace --force -f -`
)

// TestHeketiMoves gives heketi another address, and then another Secret, as docs/moving.md
// has it. What waits for the old one goes on with the new one.
func TestHeketiMoves(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"), "--endpoints-sync=500ms")
	p.waitLeading(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	before, after := startProxy(t, heketi), startProxy(t, heketi)
	class := newClass(t, p, nil, withSecret(secret), with(map[string]string{"resturl": before.URL(), "pvsource": "glusterfs"}), growable)
	grows, goes := newClaim(t, namespace, class.Name, "1Gi"), newClaim(t, namespace, class.Name, "1Gi")
	of := endpointsOf(waitBound(t, grows))
	pv := waitBound(t, goes)
	waitJournalEmpty(t, p)
	if err := before.Down(); err != nil {
		t.Fatal(err)
	}
	mustRequest(t, grows, "2Gi")
	deleteClaim(t, goes)
	waits := newClaim(t, namespace, class.Name, "1Gi")
	waitEvent(t, grows.UID, "VolumeResizeFailed", "connection refused", "annotation gluster.org/heketi-url", "move-heketi", "docs/moving.md")
	waitEvent(t, pv.UID, "VolumeFailedDelete", "connection refused", "annotation gluster.org/heketi-url", "move-heketi", "docs/moving.md")
	waitEvent(t, waits.UID, "ProvisioningFailed", "connection refused", `resturl of StorageClass "`+class.Name+`"`, "docs/moving.md")

	addresses := []string{"http://old:8080", before.URL(), "http://new:8080", after.URL()}
	dry := mustType(t, p, "moving.md", typedMove+" --dry-run", addresses...)
	if !containsAll(dry, []string{"PersistentVolume " + pv.Name, "2 PersistentVolumes and ", "make them again: " + class.Name, "nothing was written"}) {
		t.Errorf("it would do\n%s", dry)
	}
	if now := must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Get(t.Context(), pv.Name, metav1.GetOptions{})); now.Annotations[volume.AnnotationURL] != before.URL() {
		t.Error("it wrote")
	}
	mustType(t, p, "moving.md", typedNewClass, append(addresses, "glusterfs -o", class.Name+" -o")...)
	mustType(t, p, "moving.md", typedMove, addresses...)
	waitVolumeGone(t, pv.Name)
	waitSize(t, heketi, grows, 2)
	waitBound(t, waits)
	deleteService(t, of)
	waitEndpoints(t, seconds, of, firstHosts)
	if status, output := runAudit(t, p); status != 0 || strings.Contains(output, before.URL()) {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	again := mustType(t, p, "moving.md", typedMove, addresses...)
	if !strings.Contains(again, "0 PersistentVolumes and 0 volumes") {
		t.Errorf("once more, it did\n%s", again)
	}

	next := newSecret(t, namespace, "heketi-new", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	mustType(t, p, "moving.md", typedKey, "http://new:8080", after.URL(), "glusterfs-provisioner/heketi-new", namespace+"/"+next.Name)
	if err := env.client.CoreV1().Secrets(namespace).Delete(t.Context(), secret.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitJournalEmpty(t, p)
	deleteClaim(t, grows)
	deleteClaim(t, waits)
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// TestHeketiMovesWhileVolumesAreMade moves it when volumes are made that only the journal
// knows, without a restart. They are neither made twice nor forgotten, also if their claim
// has gone.
func TestHeketiMovesWhileVolumesAreMade(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{})
	allow := refuse(t, "CREATE", "services", s.owns)
	s.claim(t)
	s.eventually(t, func(context.Context) error {
		if made := len(volumesIn(t, s.heketi)); made != faultyClaims {
			return fmt.Errorf("heketi has made %d volumes of %d", made, faultyClaims)
		}
		return nil
	})
	s.waitEvent(t, s.claims[0].UID, "ProvisioningFailed", "Service")
	before, after := s.proxy, startProxy(t, s.heketi)
	if err := before.Down(); err != nil {
		t.Fatal(err)
	}
	gone := s.claims[0]
	deleteClaim(t, gone)
	s.claims = s.claims[1:]
	s.waitNotUndone(t, gone, "connection refused", "docs/moving.md")
	addresses := []string{"http://old:8080", before.URL(), "http://new:8080", after.URL()}
	mustType(t, s.provisioner(), "moving.md", typedNewClass, append(addresses, "glusterfs -o", s.class+" -o")...)
	printed := mustType(t, s.provisioner(), "moving.md", typedMove, addresses...)
	if !strings.Contains(printed, fmt.Sprintf("0 PersistentVolumes and %d volumes in the making", faultyClaims)) {
		t.Errorf("it printed\n%s", printed)
	}
	allow()
	s.proxy = after
	s.checkPromises(t)
}

// TestHeketiThatHasNotAllDoesNotFollow moves to a heketi that is empty, or another user's. Nothing
// is written.
func TestHeketiThatHasNotAllDoesNotFollow(t *testing.T) {
	t.Parallel()
	heketi, empty := startHeketi(t, bench.HeketiOptions{}), startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)
	claim := newClaim(t, namespace, class.Name, "1Gi")
	pv := waitBound(t, claim)
	waitJournalEmpty(t, p)
	for what, test := range map[string]struct {
		from, to string
		want     []string
	}{
		"an empty heketi": {heketi.URL(), empty.URL(), []string{"nothing was written", "lacks 1 of 1", "PersistentVolume " + pv.Name, volume.IDOf(pv)}},
		"no heketi":       {heketi.URL(), "http://127.0.0.1:1", []string{"nothing was written", "http://127.0.0.1:1", "connection refused"}},
		"a wrong source":  {"http://127.0.0.1:2", empty.URL(), []string{"no PersistentVolume", "http://127.0.0.1:2", "they name: " + heketi.URL()}},
		"no change":       {heketi.URL(), heketi.URL(), []string{"--to=" + heketi.URL(), "same as --from"}},
		"no URL":          {"heketi", empty.URL(), []string{"--from=heketi: must be http://HOST"}},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := typed(t, p, "moving.md", typedMove, "http://old:8080", test.from, "http://new:8080", test.to)
			if err == nil || !containsAll(err.Error(), test.want) {
				t.Errorf("it said %v, want all of %q", err, test.want)
			}
			if now := must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Get(t.Context(), pv.Name, metav1.GetOptions{})); now.ResourceVersion != pv.ResourceVersion {
				t.Errorf("PersistentVolume %s was written", pv.Name)
			}
		})
	}
	deleteClaim(t, claim)
	waitNothingLeft(t, heketi, namespace)
}
