package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// runAudit runs the command for the provisioner's name.
func runAudit(t *testing.T, p *provisioner, flags ...string) (status int, output string) {
	t.Helper()
	command := launch(t, p.name, append([]string{"audit", "--v=0"}, flags...)...)
	status = exitOf(t, command)
	return status, command.Output()
}

// TestAudit makes heketi and Kubernetes disagree in each way there is.
func TestAudit(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	class := newClass(t, p, heketi, withSecret(secret))
	var volumes []*v1.PersistentVolume
	for range 3 {
		volumes = append(volumes, waitBound(t, newClaim(t, namespace, class.Name, "1Gi")))
	}
	waitJournalEmpty(t, p)
	if status, output := runAudit(t, p); status != 0 || !strings.Contains(output, "nothing found") {
		t.Fatalf("the audit ended with %d:\n%s", status, output)
	}

	client := heketi.Client()
	orphan := &api.VolumeCreateRequest{Size: 3, Name: "pvc-11111111-2222-3333-4444-555555555555", Gid: 2999}
	orphan.Durability.Type = api.DurabilityDistributeOnly
	must[*api.VolumeInfoResponse](t)(client.VolumeCreate(orphan))
	other := &api.VolumeCreateRequest{Size: 1, Name: "vol_by_hand"}
	other.Durability.Type = api.DurabilityDistributeOnly
	must[*api.VolumeInfoResponse](t)(client.VolumeCreate(other))
	if err := client.VolumeDelete(volumes[0].Annotations[volume.AnnotationVolumeID]); err != nil {
		t.Fatal(err)
	}
	must[*api.VolumeInfoResponse](t)(client.VolumeExpand(volumes[1].Annotations[volume.AnnotationVolumeID], &api.VolumeExpandRequest{Size: 4}))

	status, output := runAudit(t, p)
	if status != 1 || !containsAll(output, []string{"orphan", orphan.Name, "3 GiB", "2999", "lost", volumes[0].Name, "grown", volumes[1].Name, "with other names: 1"}) {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	if strings.Contains(output, volumes[2].Name) || strings.Contains(output, other.Name) {
		t.Errorf("the audit names what is as it should be:\n%s", output)
	}
	var report audit.Report
	status, output = runAudit(t, p, "-o", "json")
	if err := json.Unmarshal([]byte(output), &report); err != nil || status != 1 || len(report.Findings) != 3 {
		t.Errorf("the audit ended with %d, %v:\n%s", status, err, output)
	}

	if err := heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	if status, output := runAudit(t, p); status != 2 || !strings.Contains(output, "could not be asked") {
		t.Errorf("without heketi the audit ended with %d:\n%s", status, output)
	}
}

// TestAuditByTheLeader has the leader audit by itself, and tell in an event, a
// log line and a metric.
func TestAuditByTheLeader(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"), "--audit-interval=1s")
	p.waitLeading(t)
	namespace := newNamespace(t)
	pv := waitBound(t, newClaim(t, namespace, newClass(t, p, heketi, nil).Name, "1Gi"))
	if err := heketi.Client().VolumeDelete(pv.Annotations[volume.AnnotationVolumeID]); err != nil {
		t.Fatal(err)
	}
	waitEvent(t, pv.UID, "Audit", "lost")
	if !containsAll(p.Output(), []string{"Audit finding", pv.Name}) {
		t.Errorf("no log line names it")
	}
	if status, metrics := p.get(t, "/metrics"); status != http.StatusOK ||
		!containsAll(metrics, []string{fmt.Sprintf(`glusterfs_provisioner_audit_findings{heketi=%q,kind="lost"} 1`, heketi.URL()), "glusterfs_provisioner_audit_last_complete_timestamp_seconds"}) {
		t.Error("no metric counts it")
	}
	orphan := &api.VolumeCreateRequest{Size: 1, Name: "pvc-99999999-2222-3333-4444-555555555555"}
	orphan.Durability.Type = api.DurabilityDistributeOnly
	must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(orphan))
	bench.Eventually(t, soon, func(ctx context.Context) error {
		list, err := env.client.CoreV1().Events(ourNamespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=Audit"})
		if err != nil {
			return err
		}
		for _, event := range list.Items {
			if containsAll(event.Message, []string{"1 volumes in heketi " + heketi.URL(), orphan.Name}) {
				return nil
			}
		}
		return errorOf("no event tells of the orphan")
	})
	p.endWell(t)
}

// TestAuditOfGluster has heketi be interrupted in an expansion that gluster has, which an
// audit that asks gluster tells, by hand and by the leader.
func TestAuditOfGluster(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Faults: []bench.Fault{{Command: "volume add-brick", Pause: time.Minute}}})
	proxy := startProxy(t, heketi)
	p := launch(t, "test.gluster.org/"+unique("p"), append([]string{"--audit-interval=1s", "--audit-gluster"}, fastTries...)...)
	p.waitLeading(t)
	class := newClass(t, p, nil, map[string]string{"resturl": proxy.URL()}, growable)
	claim := newClaim(t, newNamespace(t), class.Name, "1Gi")
	pv := waitBound(t, claim)
	if status, output := runAudit(t, p, "--gluster"); status != 0 || !strings.Contains(output, "nothing found") {
		t.Fatalf("the audit ended with %d:\n%s", status, output)
	}
	proxy.GlusterIsAhead()
	mustRequest(t, claim, "2Gi")
	bench.Eventually(t, soon, func(context.Context) error {
		pending, err := heketi.Client().PendingOperationList()
		if err == nil && len(pending.PendingOperations) == 0 {
			err = errorOf("heketi does not grow the volume yet")
		}
		return err
	})
	if err := heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitEvent(t, pv.UID, "Audit", "half-done", "docs/mending.md")
	if status, output := runAudit(t, p, "--gluster"); status != 1 || !containsAll(output, []string{"half-done", pv.Name, "3 bricks"}) {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	bench.Eventually(t, soon, func(context.Context) error {
		if _, metrics := p.get(t, "/metrics"); !strings.Contains(metrics, `,kind="half-done"} 1`) {
			return errorOf("no metric counts it")
		}
		return nil
	})
	p.endWell(t)
}

// TestOrphansAreDeletedIfSoTold has the leader delete the volume of a claim that it saw go, and
// nothing else.
func TestOrphansAreDeletedIfSoTold(t *testing.T) {
	t.Parallel()
	const before, others, byHand = "pvc-66666666-2222-3333-4444-555555555555", "pvc-77777777-2222-3333-4444-555555555555", "vol_by_hand"
	heketi := startHeketi(t, bench.HeketiOptions{})
	makeInHeketi(t, heketi, before)
	p := launch(t, "test.gluster.org/"+unique("p"), "--audit-interval=500ms", "--orphan-policy=delete", "--orphan-min-age=2s")
	p.waitLeading(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)
	pv := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))
	retained := waitBound(t, newClaim(t, namespace, newClass(t, p, heketi, nil, retain).Name, "1Gi"))
	wiped := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))
	waitJournalEmpty(t, p)
	waitSaid(t, p, "heketis=1")
	abandoned := unscheduledClaim(t, p, heketi)
	after := "pvc-" + string(abandoned.UID)
	for _, name := range []string{after, others, byHand} {
		makeInHeketi(t, heketi, name)
	}
	deleteClaim(t, abandoned)
	removeRetained(t, namespace, retained)
	wipeVolume(t, wiped.Name)
	deleteClaim(t, &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: wiped.Spec.ClaimRef.Name}})
	bench.Eventually(t, soon, func(context.Context) error {
		if _, left := volumesIn(t, heketi)[after]; left {
			return errorOf("the orphan is still there")
		}
		return nil
	})
	waitSaid(t, p, "Deleted an orphan")
	said := len(p.Output())
	bench.Eventually(t, soon, func(context.Context) error { // of another audit, after the age
		if strings.Count(p.Output()[said:], "Audited") < 8 {
			return errorOf("it has not audited again and again")
		}
		return nil
	})
	volumes := volumesIn(t, heketi)
	for what, name := range map[string]string{
		"the claim's": pv.Spec.Glusterfs.Path, "by another name": byHand, "from the start": before, "of another cluster's claim": others,
		"retained": retained.Spec.Glusterfs.Path, "of a PersistentVolume that somebody removed": wiped.Spec.Glusterfs.Path,
	} {
		if _, kept := volumes[name]; !kept {
			t.Errorf("the volume that is %s is gone", what)
		}
	}
	p.endWell(t)
}

func makeInHeketi(t *testing.T, heketi *bench.Heketi, name string) {
	t.Helper()
	request := &api.VolumeCreateRequest{Size: 1, Name: name}
	request.Durability.Type = api.DurabilityDistributeOnly
	must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(request))
}

// removeRetained deletes a claim and then its PersistentVolume, whose volume is retained.
func removeRetained(t *testing.T, namespace string, pv *v1.PersistentVolume) {
	t.Helper()
	deleteClaim(t, &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pv.Spec.ClaimRef.Name}})
	if err := env.client.CoreV1().PersistentVolumes().Delete(t.Context(), pv.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitVolumeGone(t, pv.Name)
}

// waitSaid waits until a provisioner has logged something.
func waitSaid(t *testing.T, p *provisioner, text string) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		if !strings.Contains(p.Output(), text) {
			return fmt.Errorf("the log does not say %q", text)
		}
		return nil
	})
}
