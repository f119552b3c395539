package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// inPod is how docs have a person run a command of the provisioner.
const inPod = "kubectl -n glusterfs-provisioner exec deployment/glusterfs-provisioner -- /glusterfs-provisioner "

// typed runs a line of docs with the values that it has in this cluster, in place of those
// that it has there, and returns what it prints. The provisioner's commands run beside it.
func typed(t *testing.T, p *provisioner, doc, line string, replace ...string) (output string, err error) {
	t.Helper()
	guide := string(must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "docs", doc))))
	isTold := func(told string) bool { return strings.TrimLeft(told, " ") == "$ "+line }
	if !slices.ContainsFunc(strings.Split(guide, "\n"), isTold) {
		t.Fatalf("docs/%s does not tell to run %q", doc, line)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(line, replace[i]) {
			t.Fatalf("%q has no %q to replace", line, replace[i])
		}
	}
	line = strings.NewReplacer(replace...).Replace(line)
	const command = `"$BINARY" `
	line = strings.ReplaceAll(line, inPod, command)
	for _, name := range []string{"audit", "pv", "move-heketi"} {
		line = strings.ReplaceAll(line, command+name, fmt.Sprintf("%s%s --kubeconfig=%s --namespace=%s --provisioner-name=%s", command, name, env.kubeconfig, ourNamespace, p.name))
	}
	line = strings.ReplaceAll(line, "gluster.org/glusterfs", p.name)
	printed, err := env.cluster.Script(t.Context(), "sh", "-c", fmt.Sprintf("set -e; cd %s; BINARY=%s; %s", desk(t), env.binary, line))
	return string(printed), err
}

// desk is the folder that a test's person works in.
func desk(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(env.logs, "desk-"+t.Name())
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

// mustType is typed for what has to work.
func mustType(t *testing.T, p *provisioner, doc, line string, replace ...string) string {
	t.Helper()
	return must[string](t)(typed(t, p, doc, line, replace...))
}

// printStatic runs the command pv, and returns what it prints.
func printStatic(t *testing.T, p *provisioner, flags ...string) (output string, err error) {
	t.Helper()
	arguments := append([]string{"pv", "--kubeconfig=" + env.kubeconfig, "--namespace=" + ourNamespace, "--provisioner-name=" + p.name}, flags...)
	printed, err := bench.Run(t.Context(), os.Environ(), env.binary, arguments...)
	return string(printed), err
}

// makeAlone makes a volume in heketi that Kubernetes does not know.
func makeAlone(t *testing.T, heketi *bench.Heketi, name string, gid int64, change ...func(*api.VolumeCreateRequest)) *api.VolumeInfoResponse {
	t.Helper()
	request := &api.VolumeCreateRequest{Size: 2, Name: name, Gid: gid}
	request.Durability.Type = api.DurabilityReplicate
	request.Durability.Replicate.Replica = 3
	for _, change := range change {
		change(request)
	}
	return must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(request))
}

const typedStatic = inPod + `pv --volume=vol_d0202e432ca7744f0022e7d623fc31e8 --class=glusterfs --claim=default/pictures | kubectl apply -f -`

// TestStaticVolumes makes PersistentVolumes of volumes that were made by hand, as
// docs/static-volumes.md has it. They are bound, grow, are audited and deleted like others.
func TestStaticVolumes(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"), "--endpoints-sync=500ms")
	p.waitLeading(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	for source, change := range map[volume.Source]func(*storagev1.StorageClass){
		volume.CSI:       with(ofCSI),
		volume.Glusterfs: with(map[string]string{"pvsource": "glusterfs"}),
	} {
		t.Run(string(source), func(t *testing.T) {
			class := newClass(t, p, heketi, withSecret(secret), growable, change)
			made := makeAlone(t, heketi, "", 51000+serial.Add(1))
			claim := claimOf(namespace, class.Name, "1Gi")
			output := mustType(t, p, "static-volumes.md", typedStatic,
				"vol_d0202e432ca7744f0022e7d623fc31e8", made.Name, "glusterfs ", class.Name+" ", "default/pictures", namespace+"/"+claim.Name)
			if !strings.Contains(output, "persistentvolume/glusterfs-"+made.Id+" created") {
				t.Errorf("kubectl printed %q", output)
			}
			claim = must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(namespace).Create(t.Context(), claim, metav1.CreateOptions{}))
			pv := waitBound(t, claim)
			expectSource(t, pv, source)
			if pv.Name != "glusterfs-"+made.Id || pv.Annotations[volume.AnnotationGID] != fmt.Sprint(made.Gid) || pv.Spec.PersistentVolumeReclaimPolicy != v1.PersistentVolumeReclaimRetain {
				t.Errorf("claim %s is bound to %+v", claim.Name, pv)
			}
			if source == volume.Glusterfs {
				waitEndpoints(t, seconds, endpointsOf(pv), firstHosts)
				deleteService(t, endpointsOf(pv))
				waitEndpoints(t, seconds, endpointsOf(pv), firstHosts)
			} else {
				waitServers(t, heketi, firstHosts)
			}
			mustRequest(t, claim, "3Gi")
			waitSize(t, heketi, claim, 3)
			if status, output := runAudit(t, p); status != 0 {
				t.Errorf("the audit ended with %d:\n%s", status, output)
			}
			mustType(t, p, "static-volumes.md", `kubectl patch pv glusterfs-d0202e432ca7744f0022e7d623fc31e8 -p '{"spec": {"persistentVolumeReclaimPolicy": "Delete"}}'`,
				"glusterfs-d0202e432ca7744f0022e7d623fc31e8", pv.Name)
			deleteClaim(t, claim)
			waitVolumeGone(t, pv.Name)
			waitNothingLeft(t, heketi, namespace)
		})
	}
	p.endWell(t)
}

// TestStaticVolumeWithoutAClass names heketi by its URL, in a cluster whose claims are of no
// class. Its volume has no GID.
func TestStaticVolumeWithoutAClass(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": heketi.AdminKey()})
	made := makeAlone(t, heketi, "by-hand", 0)
	output := mustType(t, p, "static-volumes.md", inPod+"pv --volume=pictures --resturl=http://heketi:8080 --restuser=admin --secret=glusterfs-provisioner/heketi --access-modes=ReadWriteMany",
		"pictures", "by-hand", "http://heketi:8080", heketi.URL(), "glusterfs-provisioner/heketi", namespace+"/"+secret.Name)
	if !containsAll(output, []string{"# It has no GID", "# It has no class"}) {
		t.Errorf("it printed\n%s", output)
	}
	apply(t, output)
	claim := newClaim(t, namespace, "", "2Gi", func(claim *v1.PersistentVolumeClaim) {
		claim.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteMany}
	})
	pv := waitBound(t, claim)
	if gid, has := pv.Annotations[volume.AnnotationGID]; has || volume.IDOf(pv) != made.Id {
		t.Errorf("it is bound to volume %s with GID %q", volume.IDOf(pv), gid)
	}
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	removeRetained(t, namespace, pv)
	if _, kept := volumesIn(t, heketi)["by-hand"]; !kept {
		t.Error("its volume is gone")
	}
}

// TestLostClaimIsBoundAgain removes the PersistentVolume of a claim, with its finalizers, and
// makes it again.
func TestLostClaimIsBoundAgain(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil)
	claim := newClaim(t, namespace, class.Name, "1Gi")
	pv := waitBound(t, claim)
	waitJournalEmpty(t, p)
	wipeVolume(t, pv.Name)
	waitLost(t, claim)
	output := must[string](t)(printStatic(t, p, "--volume="+pv.Spec.Glusterfs.Path, "--class="+class.Name, "--claim="+namespace+"/"+claim.Name, "--reclaim-policy=Delete"))
	apply(t, output)
	again := waitBound(t, claim)
	if again.UID == pv.UID || again.Name != pv.Name {
		t.Errorf("claim %s is bound to %s (%s)", claim.Name, again.Name, again.UID)
	}
	deleteClaim(t, claim)
	waitVolumeGone(t, pv.Name)
	waitNothingLeft(t, heketi, namespace)
}
