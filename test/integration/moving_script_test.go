package integration

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// kubectlThatMeddles runs kubectl, and counts its calls in the file COUNT. The one with the
// number KILL_AT is the last of all that runs in its process group. Before the finalizers are
// written, somebody else adds one, if the file MEDDLE is there.
const kubectlThatMeddles = `#!/bin/sh
count=$(($(cat "$COUNT") + 1))
echo $count > "$COUNT"
case "$*" in
*external-provisioner*)
    if rm "$MEDDLE" 2> /dev/null; then
        "$KUBECTL" patch persistentvolume "$3" --type=json --patch '[{"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/backup"}]' > /dev/null
    fi
    ;;
esac
"$KUBECTL" "$@"
status=$?
[ $count != "$KILL_AT" ] || kill -KILL 0
exit $status
`

// handOverScript runs examples/hand-over.sh with a kubectl that meddles.
type handOverScript struct {
	folder    string
	arguments []string
}

func newHandOverScript(t *testing.T, arguments ...string) handOverScript {
	t.Helper()
	s := handOverScript{folder: t.TempDir(), arguments: arguments}
	for name, text := range map[string]string{"kubectl": kubectlThatMeddles, "sleep": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// run runs the script, and kills it after a call of kubectl. It returns the number of calls.
func (s handOverScript) run(t *testing.T, killAt int) (calls int, err error) {
	t.Helper()
	count := filepath.Join(s.folder, "count")
	if err := os.WriteFile(count, []byte("0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := []string{
		"COUNT=" + count, "MEDDLE=" + filepath.Join(s.folder, "meddle"), "KILL_AT=" + strconv.Itoa(killAt),
		"KUBECTL=" + strings.TrimSpace(string(must[[]byte](t)(env.cluster.Script(t.Context(), "sh", "-c", "command -v kubectl")))),
		"PATH=" + s.folder + ":" + os.Getenv("PATH"),
		"setsid", "--wait", filepath.Join(env.root, "examples", "hand-over.sh"),
	}
	_, err = env.cluster.Script(t.Context(), "env", append(command, s.arguments...)...)
	calls, countErr := strconv.Atoi(strings.TrimSpace(string(must[[]byte](t)(os.ReadFile(count)))))
	if countErr != nil {
		t.Fatal(countErr)
	}
	return calls, err
}

// TestHandOverIsEndedAtEachStep ends the script after each call of kubectl, and runs it again.
// The class spells the Secret in the other way.
func TestHandOverIsEndedAtEachStep(t *testing.T) {
	t.Parallel()
	if !newerThan(t, "1.26") {
		t.Skip("this version of Kubernetes has the in-tree plugin")
	}
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", inTree, map[string]string{"key": heketi.AdminKey()})
	class := newClass(t, p, heketi, map[string]string{"restUser": "admin", "RestSecretNamespace": namespace, "RESTSECRETNAME": secret.Name, "restauthenabled": "True"}, growable)
	inUse, released := leftover(t, heketi, namespace, class.Name), leftover(t, heketi, namespace, class.Name)
	deleteClaim(t, released)
	waitPhase(t, released.Spec.VolumeName, v1.VolumeFailed)
	p.endWell(t) // It would delete the second volume as soon as that is handed over.

	script := newHandOverScript(t, class.Name, heketi.Clusters()[0], inUse.Spec.VolumeName, released.Spec.VolumeName)
	last := 0
	for killAt := 1; ; killAt++ {
		calls, err := script.run(t, killAt)
		if err == nil && calls < killAt {
			last = calls
			break
		}
		if calls != killAt {
			t.Fatalf("killed at call %d, it made %d and ended with %v", killAt, calls, err)
		}
	}
	if last < 10 {
		t.Errorf("the script calls kubectl %d times, which is too few to say anything", last)
	}
	for _, claim := range []*v1.PersistentVolumeClaim{inUse, released} {
		checkHandedOver(t, claim.Spec.VolumeName, map[string]string{
			volume.AnnotationURL: heketi.URL(), volume.AnnotationClusterID: heketi.Clusters()[0], volume.AnnotationUser: "admin",
			volume.AnnotationSecret: namespace + "/" + secret.Name, volume.ProvisionedBy: p.name, volume.AnnotationInTreeVolumeID: "handed-over",
		})
	}
	waitPhase(t, released.Spec.VolumeName, v1.VolumeReleased)
	p = launch(t, p.name)
	p.waitLeading(t)
	waitVolumeGone(t, released.Spec.VolumeName)
	mustRequest(t, inUse, "3Gi")
	waitSize(t, heketi, inUse, 3)
	deleteClaim(t, inUse)
	waitVolumeGone(t, inUse.Spec.VolumeName)
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// TestHandOverIsRepaired hands a volume over by a class that leads nowhere, and then by the right
// one. Meanwhile somebody adds a finalizer.
func TestHandOverIsRepaired(t *testing.T) {
	t.Parallel()
	if !newerThan(t, "1.26") {
		t.Skip("this version of Kubernetes has the in-tree plugin")
	}
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	namespace := newNamespace(t)
	wrong := newClass(t, p, nil, map[string]string{"resturl": "http://127.0.0.1:1/", "restuser": "admin", "restuserkey": "none"})
	class := newClass(t, p, heketi, map[string]string{"restauthenabled": "False"})
	claim := leftover(t, heketi, namespace, class.Name)
	if _, err := newHandOverScript(t, wrong.Name, "nowhere", claim.Spec.VolumeName).run(t, 0); err != nil {
		t.Fatal(err)
	}
	checkHandedOver(t, claim.Spec.VolumeName, map[string]string{
		volume.AnnotationURL: "http://127.0.0.1:1", volume.AnnotationUser: "admin", volume.AnnotationKeyInClass: "true",
	})
	script := newHandOverScript(t, class.Name, heketi.Clusters()[0], claim.Spec.VolumeName)
	if err := os.WriteFile(filepath.Join(script.folder, "meddle"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := script.run(t, 0); err != nil {
		t.Fatal(err)
	}
	pv := checkHandedOver(t, claim.Spec.VolumeName, map[string]string{
		volume.AnnotationURL: heketi.URL(), volume.AnnotationClusterID: heketi.Clusters()[0],
		volume.AnnotationUser: "", volume.AnnotationKeyInClass: "", volume.AnnotationSecret: "",
	})
	if !slices.Contains(pv.Finalizers, "example.com/backup") {
		t.Errorf("the finalizers are %q, want the one that was added meanwhile, too", pv.Finalizers)
	}
	const removeIt = `kubectl get pv "$0" -o json | sed '/example.com.backup/d' | kubectl replace -f -`
	must[[]byte](t)(env.cluster.Script(t.Context(), "sh", "-c", removeIt, pv.Name))
	deleteClaim(t, claim)
	waitVolumeGone(t, pv.Name)
	waitNothingLeft(t, heketi, namespace)
	p.endWell(t)
}

// TestHandOverIsRefused names classes and volumes that cannot be handed over. Nothing changes.
func TestHandOverIsRefused(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	good := newClass(t, p, heketi, nil)
	claim := newClaim(t, namespace, good.Name, "1Gi")
	ours := waitBound(t, claim)
	for want, class := range map[string]*storagev1.StorageClass{
		"was not made by kubernetes.io/glusterfs":  good,
		"has no parameter resturl":                 newClass(t, p, nil, nil),
		"only one of secretName \"heketi\"":        newClass(t, p, heketi, map[string]string{"secretName": "heketi"}),
		"restauthenabled \"no\", which must be":    newClass(t, p, heketi, map[string]string{"restauthenabled": "no"}),
		"is still one of kubernetes.io/glusterfs:": newClass(t, p, heketi, nil, func(class *storagev1.StorageClass) { class.Provisioner = inTree }),
	} {
		if _, err := newHandOverScript(t, class.Name, "any", ours.Name).run(t, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it ended with %v, want %q", err, want)
		}
	}
	if now := must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Get(t.Context(), ours.Name, metav1.GetOptions{})); now.ResourceVersion != ours.ResourceVersion {
		t.Errorf("the volume has changed: %v", now)
	}
	deleteClaim(t, claim)
	waitVolumeGone(t, ours.Name)
}

// checkHandedOver looks at the annotations of a volume, of which "" is none, and at its
// finalizers.
func checkHandedOver(t *testing.T, name string, annotations map[string]string) *v1.PersistentVolume {
	t.Helper()
	pv := must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Get(t.Context(), name, metav1.GetOptions{}))
	for key, want := range annotations {
		if got := pv.Annotations[key]; got != want {
			t.Errorf("the annotation %s of %s is %q, want %q", key, name, got, want)
		}
	}
	if !slices.Contains(pv.Finalizers, "external-provisioner.volume.kubernetes.io/finalizer") || slices.Contains(pv.Finalizers, "kubernetes.io/pv-controller") {
		t.Errorf("the finalizers of %s are %q", name, pv.Finalizers)
	}
	return pv
}
