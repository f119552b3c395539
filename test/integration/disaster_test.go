package integration

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// The lines of docs/disaster.md that several tests type.
const (
	typedVolumesBackup = "kubectl get pv -o yaml > volumes.yaml"
	typedVolumes       = `sed -E '/^ +(uid|resourceVersion|creationTimestamp|deletionTimestamp): /d' volumes.yaml | kubectl apply -f -`
	typedOwn           = `kubectl get pv --no-headers -o custom-columns='NAME:.metadata.name,BY:.metadata.annotations.pv\.kubernetes\.io/provisioned-by' | awk '$2 == "gluster.org/glusterfs" {print $1}' | xargs -I{} kubectl annotate pv {} --overwrite gluster.org/kubernetes=$(kubectl get namespace kube-system -o 'jsonpath={.metadata.uid}')`
)

// otherCluster is the UID of the cluster that backups come from.
const otherCluster = "6a1f4a5e-5b1c-4d39-9d56-0d1f0a7d8c11"

func clusterUID(t *testing.T) string {
	t.Helper()
	return string(must[*v1.Namespace](t)(env.client.CoreV1().Namespaces().Get(t.Context(), metav1.NamespaceSystem, metav1.GetOptions{})).UID)
}

// asOfAnotherCluster has a backup of this cluster be one of another.
func asOfAnotherCluster(t *testing.T, backup string) {
	t.Helper()
	file := filepath.Join(desk(t), backup)
	text := string(must[[]byte](t)(os.ReadFile(file)))
	if !strings.Contains(text, clusterUID(t)) {
		t.Fatalf("%s does not say which cluster it is of", backup)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, clusterUID(t), otherCluster)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// loseAll removes claims and their PersistentVolumes, with what is beside the claims, and nothing
// in heketi.
func loseAll(t *testing.T, pvs ...*v1.PersistentVolume) {
	t.Helper()
	for _, pv := range pvs {
		wipeVolume(t, pv.Name)
		claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: pv.Spec.ClaimRef.Namespace, Name: pv.Spec.ClaimRef.Name}}
		deleteClaim(t, claim)
		waitClaimGone(t, claim)
		if pv.Spec.Glusterfs != nil {
			deleteService(t, endpointsOf(pv))
		}
	}
}

// stays fails the test unless a volume is in heketi after the provisioner has tried to delete
// its PersistentVolume.
func stays(t *testing.T, heketi *bench.Heketi, pv *v1.PersistentVolume, texts ...string) {
	t.Helper()
	now := must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Get(t.Context(), pv.Name, metav1.GetOptions{}))
	waitEvent(t, now.UID, append([]string{"VolumeFailedDelete", "the volume is kept", "docs/disaster.md"}, texts...)...)
	if _, kept := volumesIn(t, heketi)[volume.PathOf(pv)]; !kept {
		t.Fatalf("volume %s is gone from heketi", volume.PathOf(pv))
	}
}

// TestClusterIsRestored backs a cluster up as docs/disaster.md has it, loses it, and makes a new one
// of the backup. It deletes nothing before it is told that the volumes are its own.
func TestClusterIsRestored(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil, growable, with(map[string]string{"pvsource": "glusterfs"}))
	first, second := newClaim(t, namespace, class.Name, "1Gi"), newClaim(t, namespace, class.Name, "2Gi")
	pvs := []*v1.PersistentVolume{waitBound(t, first), waitBound(t, second)}
	waitJournalEmpty(t, p)
	mustType(t, p, "disaster.md", typedVolumesBackup, "get pv", "get pv "+pvs[0].Name+" "+pvs[1].Name)
	mustType(t, p, "disaster.md", "kubectl get pvc --all-namespaces -o yaml > claims.yaml", "--all-namespaces", "-n "+namespace)
	mustType(t, p, "disaster.md", "kubectl get storageclass -o yaml > classes.yaml")
	p.endWell(t)
	loseAll(t, pvs...)
	asOfAnotherCluster(t, "volumes.yaml")

	p = launch(t, p.name, "--orphan-policy=delete", "--orphan-min-age=1s", "--audit-interval=500ms", "--endpoints-sync=500ms")
	p.waitLeading(t)
	mustType(t, p, "disaster.md", typedVolumes)
	mustType(t, p, "disaster.md", `sed -E '/^ +(uid|resourceVersion|creationTimestamp|deletionTimestamp): /d; /pv.kubernetes.io\/bind-completed/d' claims.yaml | kubectl apply -f -`)
	for i, claim := range []*v1.PersistentVolumeClaim{first, second} {
		pv := waitBound(t, claim)
		if pv.Name != pvs[i].Name || pv.UID == pvs[i].UID || volume.IDOf(pv) != volume.IDOf(pvs[i]) {
			t.Errorf("claim %s is bound to %s of volume %s, and had %s of volume %s", claim.Name, pv.Name, volume.IDOf(pv), pvs[i].Name, volume.IDOf(pvs[i]))
		}
		waitEndpoints(t, seconds, endpointsOf(pv), firstHosts)
	}
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	mustRequest(t, first, "2Gi")
	waitSize(t, heketi, first, 2)

	deleteClaim(t, first)
	stays(t, heketi, pvs[0], "another Kubernetes cluster", otherCluster)
	p.endWell(t)
	p = launch(t, p.name)
	p.waitLeading(t)
	mustType(t, p, "disaster.md", typedOwn)
	waitVolumeGone(t, pvs[0].Name)
	deleteClaim(t, second)
	waitVolumeGone(t, pvs[1].Name)
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// TestNewClusterBesideAnOldHeketi has a heketi with the volumes of a cluster that is gone, and of
// one that still makes some. The new one is told to delete orphans, and these are not its own.
func TestNewClusterBesideAnOldHeketi(t *testing.T) {
	t.Parallel()
	const left, later = "pvc-33333333-2222-4333-8444-555555555555", "pvc-44444444-2222-4333-8444-555555555555"
	heketi := startHeketi(t, bench.HeketiOptions{})
	makeAlone(t, heketi, left, 71001)
	p := launch(t, "test.gluster.org/"+unique("p"), "--audit-interval=300ms", "--orphan-policy=delete", "--orphan-min-age=600ms")
	p.waitLeading(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)
	own := waitBound(t, newClaim(t, namespace, class.Name, "1Gi"))
	waitSaid(t, p, "heketis=1")
	makeAlone(t, heketi, later, 71002)
	said := len(p.Output())
	bench.Eventually(t, soon, func(context.Context) error {
		if strings.Count(p.Output()[said:], "Audited") < 8 {
			return errorOf("it has not audited again and again")
		}
		return nil
	})
	output, err := typed(t, p, "disaster.md", inPod+"audit -o json")
	if err == nil || !containsAll(output, []string{left, later}) {
		t.Fatalf("the audit ended with %v, and printed\n%s", err, output)
	}
	claims := map[string]*v1.PersistentVolumeClaim{}
	for _, name := range []string{left, later} {
		claim := claimOf(namespace, class.Name, "2Gi")
		mustType(t, p, "disaster.md", inPod+"pv --volume=pvc-cff15b42-70d4-4125-875c-d2171926e4a2 --class=glusterfs --claim=default/pictures | kubectl apply -f -",
			"pvc-cff15b42-70d4-4125-875c-d2171926e4a2", name, "--class=glusterfs", "--class="+class.Name, "default/pictures", namespace+"/"+claim.Name)
		claims[name] = must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(namespace).Create(t.Context(), claim, metav1.CreateOptions{}))
	}
	for name, claim := range claims {
		if pv := waitBound(t, claim); volume.PathOf(pv) != name {
			t.Errorf("claim %s is bound to volume %s, want %s", claim.Name, volume.PathOf(pv), name)
		}
	}
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	if gid := own.Annotations[volume.AnnotationGID]; gid == "71001" || len(volumesIn(t, heketi)) != 3 {
		t.Errorf("the cluster's own volume has GID %s, and heketi has %d volumes, want 3", gid, len(volumesIn(t, heketi)))
	}
	p.endWell(t)
}

// TestJournalOfAnotherClusterIsNotContinued has a journal that came with a backup. Its claims are gone,
// and their volumes are the other cluster's.
func TestJournalOfAnotherClusterIsNotContinued(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	name := "test.gluster.org/" + unique("p")
	const claim = "55555555-2222-4333-8444-555555555555"
	made := makeAlone(t, heketi, "pvc-"+claim, 72001)
	entry := journal.Entry{
		Claim: types.NamespacedName{Namespace: "apps", Name: "pictures"}, ClaimUID: claim, Kubernetes: otherCluster,
		PersistentVolume: made.Name, Volume: made.Name, GID: 72001, Source: volume.CSI,
		Heketi: volume.Heketi{URL: heketi.URL()}, HeketiClusters: heketi.Clusters(),
	}
	if err := journal.New(env.client.CoreV1(), ourNamespace, name).Write(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	p := launch(t, name)
	p.waitLeading(t)
	waitJournalEmpty(t, p)
	bench.Eventually(t, soon, func(context.Context) error {
		return namespaceTold("JournalOfAnotherCluster", made.Name, heketi.URL(), "apps/pictures", otherCluster)
	})
	if _, kept := volumesIn(t, heketi)[made.Name]; !kept {
		t.Error("the volume is gone")
	}
	p.endWell(t)
}

// TestHeketisDatabaseComesBack copies heketi's database as docs/disaster.md has it, and has heketi run
// on what is made of the copy.
func TestHeketisDatabaseComesBack(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	proxy := startProxy(t, heketi) // It answers what gluster has.
	claim := newClaim(t, namespace, newClass(t, p, nil, withSecret(secret), with(map[string]string{"resturl": proxy.URL()}), growable).Name, "1Gi")
	waitBound(t, claim)
	waitJournalEmpty(t, p)
	shell := func(line string) string {
		t.Helper()
		return strings.Join(heketi.Environment(), " ") + " sh -c '" + line + "'"
	}
	asPerson := func(line string) string {
		t.Helper()
		guide := string(must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "docs", "disaster.md"))))
		if !strings.Contains(guide, "\n$ "+line+"\n") {
			t.Fatalf("docs/disaster.md does not tell to run %q", line)
		}
		return string(must[[]byte](t)(env.cluster.Script(t.Context(), "sh", "-c", fmt.Sprintf("cd %s; env %s", desk(t), shell(line)))))
	}
	asPerson("heketi-cli db dump > heketi.json")
	if said := asPerson("heketi-cli db check"); !strings.Contains(said, `"totalinconsistencies": 0`) {
		t.Errorf("heketi says of its database: %s", said)
	}
	asPerson("heketi db import --jsonfile=heketi.json --dbfile=try.db")
	if err := heketi.Kill(); err != nil {
		t.Fatal(err)
	}
	asPerson("heketi db import --jsonfile=heketi.json --dbfile=heketi.db")
	if err := os.Rename(filepath.Join(desk(t), "heketi.db"), heketi.DatabaseFile()); err != nil {
		t.Fatal(err)
	}
	if err := heketi.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustType(t, p, "disaster.md", inPod+"audit --gluster")
	mustRequest(t, claim, "2Gi")
	waitSize(t, heketi, claim, 2)
	deleteClaim(t, claim)
	waitNothingLeft(t, heketi, namespace)
}
