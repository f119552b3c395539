package integration

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	v1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/preflight"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// How docs/upgrading.md has the notes of what was begun be taken over, and removed where they were.
const (
	typedTakeOver = `for notes in journal-of conversions-of; do kubectl -n glusterfs-provisioner get configmaps -l gluster.org/$notes -o yaml | sed -e 's/^    namespace: .*/    namespace: storage/' -e '/^    resourceVersion:/d' -e '/^    uid:/d' | kubectl create -f -; done`
	typedForget   = "kubectl -n glusterfs-provisioner delete configmaps -l 'gluster.org/journal-of'"
	typedForget2  = "kubectl -n glusterfs-provisioner delete configmaps -l 'gluster.org/conversions-of'"
)

// TestProvisionerMovesToAnotherNamespace does what docs/upgrading.md tells, at the worst time: a volume is
// in the making, that of a deleted claim too, and a PersistentVolume is being replaced, so that there
// is none. What would be lost without the notes is told before, and all goes on with them.
func TestProvisionerMovesToAnotherNamespace(t *testing.T) {
	installDriver(t)
	heketi := startHeketi(t, bench.HeketiOptions{})
	proxy, through := apiServerProxy(t)
	p := launch(t, "test.gluster.org/"+unique("p"), append([]string{through}, fastTries...)...)
	p.waitLeading(t)
	s := &scene{replicas: []*provisioner{p}}
	namespace, storage := newNamespace(t), newNamespace(t)
	class := newClass(t, p, heketi, ofGlusterfs)
	replaced := newClaim(t, namespace, class.Name, "1Gi")
	pv := waitBound(t, replaced)
	waitJournalEmpty(t, p)
	reached := proxy.Disturb(http.MethodDelete, volumesPath, bench.Hold)
	convert(t, []string{pv.Name}, volume.CSI)
	s.waitReached(t, reached)
	allowVolumes := refuse(t, "CREATE", "persistentvolumes", func(request *admissionv1.AdmissionRequest) bool {
		return strings.Contains(string(request.Object.Raw), class.Name)
	})
	proxy.Calm()
	waitEvent(t, replaced.UID, "ConversionObstructed", refused)
	allowServices := refuse(t, "CREATE", "services", func(request *admissionv1.AdmissionRequest) bool { return request.Namespace == namespace })
	begun, gone := newClaim(t, namespace, class.Name, "1Gi"), newClaim(t, namespace, class.Name, "1Gi")
	for _, claim := range []*v1.PersistentVolumeClaim{begun, gone} {
		waitEvent(t, claim.UID, "ProvisioningFailed", refused)
	}
	p.endWell(t)
	deleteClaim(t, gone)
	waitClaimGone(t, gone)
	made := volumesIn(t, heketi)["pvc-"+string(begun.UID)]

	if said := elsewhereOf(t, p, storage); !slices.ContainsFunc(said, func(line preflight.Line) bool {
		return line.State == verdict.Wrong && containsAll(line.Says, []string{ourNamespace + "/glusterfs-journal-", ourNamespace + "/glusterfs-conversion-", "not read in namespace " + storage})
	}) {
		t.Errorf("of the notes is told %+v", said)
	}
	mustType(t, p, "upgrading.md", typedTakeOver, "namespace: storage", "namespace: "+storage)
	mustType(t, p, "upgrading.md", typedForget)
	mustType(t, p, "upgrading.md", typedForget2)
	grantIn(t, storage)
	next := launch(t, p.name, slices.Concat(fastTries, []string{"--namespace=" + storage})...)
	next.waitLeading(t)
	bench.Eventually(t, soon, func(context.Context) error {
		return toldIn(storage, "ProvisionerElsewhere", "has led in namespace "+ourNamespace, "may be made twice")
	})
	allowVolumes()
	allowServices()

	s.replicas = []*provisioner{next}
	s.waitConverted(t, []string{pv.Name}, volume.CSI)
	now := waitBound(t, begun)
	if now.Annotations[volume.AnnotationVolumeID] != made.Id || now.Annotations[volume.AnnotationGID] != fmt.Sprint(made.Gid) {
		t.Errorf("the volume that was begun is %+v, and the claim got %v", made.VolumeInfo, now.Annotations)
	}
	bench.Eventually(t, soon, func(context.Context) error {
		if volumes := volumesIn(t, heketi); len(volumes) != 2 {
			return fmt.Errorf("heketi has %d volumes for 2 claims", len(volumes))
		}
		return nil
	})
	if said := elsewhereOf(t, p, storage); said[0].State != verdict.Fine {
		t.Errorf("of other namespaces is told %+v", said)
	}
	for _, claim := range []*v1.PersistentVolumeClaim{replaced, begun} {
		deleteClaim(t, claim)
	}
	waitVolumeGone(t, pv.Name)
	waitVolumeGone(t, now.Name)
	waitNothingLeft(t, heketi, namespace)
	next.endWell(t)
	hosts := serversOf(heketi)
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "delete", "configmap", hosts.Name, "--namespace="+hosts.Namespace, "--ignore-not-found"))
}

// elsewhereOf returns what kubectl glusterfs check says of other namespaces, where the provisioner is to be
// in that one.
func elsewhereOf(t *testing.T, p *provisioner, namespace string) (said []preflight.Line) {
	t.Helper()
	for _, line := range asks[preflight.Report](t, admin(p), 1, "check", "--provisioner-namespace="+namespace).Lines {
		if line.What == "other namespaces" {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		t.Fatal("the check says nothing of other namespaces")
	}
	return said
}

// grantIn gives the provisioner's account in another namespace what deploy/ gives it in its own.
func grantIn(t *testing.T, namespace string) {
	t.Helper()
	rbac := env.client.RbacV1()
	role := must[*rbacv1.Role](t)(rbac.Roles(ourNamespace).Get(t.Context(), ourAccount, metav1.GetOptions{}))
	binding := must[*rbacv1.RoleBinding](t)(rbac.RoleBindings(ourNamespace).Get(t.Context(), ourAccount, metav1.GetOptions{}))
	role.ObjectMeta, binding.ObjectMeta = metav1.ObjectMeta{Name: ourAccount}, metav1.ObjectMeta{Name: ourAccount}
	must[*rbacv1.Role](t)(rbac.Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{}))
	must[*rbacv1.RoleBinding](t)(rbac.RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}))
}

// TestOneSettingNamesTheNamespace looks at the manifests for another namespace: nothing names the usual
// one any more, and besides that and the node plugin's flag nothing differs. So it is with all that
// may be added to them.
func TestOneSettingNamesTheNamespace(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, copied := range []string{"deploy", "examples"} {
		if err := os.CopyFS(filepath.Join(folder, copied), os.DirFS(filepath.Join(env.root, copied))); err != nil {
			t.Fatal(err)
		}
	}
	build := func(folders ...string) string {
		var all strings.Builder
		for _, built := range folders {
			all.Write(must[[]byte](t)(env.cluster.Kubectl(t.Context(), "kustomize", filepath.Join(folder, built))))
		}
		return all.String()
	}
	expectMoved(t, build("examples/another-namespace"), build("deploy", "deploy/csi"))

	added := []string{"deploy/network-policy", "deploy/monitoring", "deploy/secrets-in-namespaces"}
	file := filepath.Join(folder, "examples", "another-namespace", "kustomization.yaml")
	text := string(must[[]byte](t)(os.ReadFile(file)))
	for _, resource := range added {
		text = strings.Replace(text, "resources:\n", "resources:\n  - ../../"+resource+"\n", 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	expectMoved(t, build("examples/another-namespace"), build(append(added, "deploy", "deploy/csi")...))
}

// expectMoved compares manifests for the namespace "storage" with those for the usual one.
func expectMoved(t *testing.T, there, usual string) {
	t.Helper()
	sorted := func(text string) string {
		lines := strings.Split(strings.ReplaceAll(text, "---\n", ""), "\n")
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	if strings.Contains(there, "namespace: "+ourNamespace) || !strings.Contains(there, "name: storage\n") {
		t.Errorf("the usual namespace is still named:\n%s", there)
	}
	const flag = "        - --provisioner-namespace=storage\n"
	if strings.Count(there, flag) != 1 {
		t.Errorf("the node plugin does not look in the namespace:\n%s", there)
	}
	back := strings.NewReplacer(flag, "", "namespace: storage\n", "namespace: "+ourNamespace+"\n", "name: storage\n", "name: "+ourNamespace+"\n").Replace(there)
	if sorted(back) != sorted(usual) {
		t.Errorf("besides the namespace, something else differs:\n%s", there)
	}
}
