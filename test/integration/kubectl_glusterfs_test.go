package integration

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/inventory"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/preflight"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/why"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// kubectlGlusterfs builds the command as it is shipped, once, and returns its path.
var kubectlGlusterfs = sync.OnceValues(func() (string, error) {
	path := filepath.Join(env.root, "bin", "test", "kubectl-glusterfs")
	build := exec.Command("go", "build", "-trimpath", "-o", path, "./cmd/kubectl-glusterfs")
	build.Dir, build.Env = env.root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", build, err, output)
	}
	return path, nil
})

// person is somebody who types commands about one provisioner.
type person struct {
	kubeconfig, provisioner string
}

func admin(p *provisioner) person { return person{env.cluster.Kubeconfig(), p.name} }

// types runs kubectl-glusterfs, and returns its exit status and its standard output.
func (who person) types(t *testing.T, args ...string) (status int, output string) {
	t.Helper()
	path := must[string](t)(kubectlGlusterfs())
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	command := exec.CommandContext(ctx, path, append(args, "--kubeconfig="+who.kubeconfig, "--provisioner-name="+who.provisioner)...)
	command.Env = append(os.Environ(), "HOME="+t.TempDir())
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	err := command.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", command, err)
	}
	if problems.Len() > 0 {
		t.Logf("%s: %s", command, problems.String())
	}
	return command.ProcessState.ExitCode(), out.String()
}

// asks returns what a verb says in JSON.
func asks[T any](t *testing.T, who person, status int, args ...string) T {
	t.Helper()
	got, output := who.types(t, append(args, "-o", "json")...)
	var said T
	if err := json.Unmarshal([]byte(output), &said); err != nil || got != status {
		t.Fatalf("%q ended with %d, want %d; %v:\n%s", args, got, status, err, output)
	}
	return said
}

// waitWhy waits until the command gives a reason for a claim, with that exit status and all the
// texts for people.
func (who person) waitWhy(t *testing.T, claim *v1.PersistentVolumeClaim, status int, reason why.Reason, texts ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		got, output := who.types(t, "why", claim.Name, "-n", claim.Namespace, "-o", "json")
		var answer why.Answer
		if err := json.Unmarshal([]byte(output), &answer); err != nil {
			return fmt.Errorf("it ended with %d: %w:\n%s", got, err, output)
		}
		if got != status || answer.Reason != reason {
			return fmt.Errorf("it ended with %d, want %d and %s:\n%s", got, status, reason, output)
		}
		got, output = who.types(t, "why", claim.Name, "-n", claim.Namespace)
		if got != status || !containsAll(output, append(texts, "Claim "+claim.Namespace+"/"+claim.Name+": ")) {
			return fmt.Errorf("for people it ended with %d, want %d and %q:\n%s", got, status, texts, output)
		}
		return nil
	})
}

// onFirstConsumer has a class wait for the first pod.
func onFirstConsumer(class *storagev1.StorageClass) {
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	class.VolumeBindingMode = &mode
}

// TestWhyAClaimWaits asks about claims that wait, each for another reason.
func TestWhyAClaimWaits(t *testing.T) {
	t.Parallel()
	p := startProvisioner(t)
	who, namespace := admin(p), newNamespace(t)
	unused := map[string]string{"resturl": "http://127.0.0.1:1"}

	bad := newClaim(t, namespace, newClass(t, p, nil, map[string]string{"resturl": "http://127.0.0.1:1", "gidMin": "12"}).Name, "1Gi")
	who.waitWhy(t, bad, 1, why.ClassInvalid, `gidMin "12"`, "To do: delete the class and make it again")

	withoutSecret := newClass(t, p, nil, map[string]string{"resturl": "http://127.0.0.1:1", "restuser": "admin", "secretNamespace": namespace, "secretName": "heketi"})
	who.waitWhy(t, newClaim(t, namespace, withoutSecret.Name, "1Gi"), 1, why.SecretMissing, "Secret "+namespace+"/heketi")

	waits := newClaim(t, namespace, newClass(t, p, nil, unused, onFirstConsumer).Name, "1Gi")
	who.waitWhy(t, waits, 0, why.WaitsForPod, "WaitForFirstConsumer")

	away := newClaim(t, namespace, newClass(t, p, nil, unused).Name, "1Gi")
	who.waitWhy(t, away, 1, why.ProvisioningFailed, "unavailable")

	nobody := &provisioner{name: "test.gluster.org/" + unique("nobody")}
	alone := newClaim(t, namespace, newClass(t, nobody, nil, unused).Name, "1Gi")
	admin(nobody).waitWhy(t, alone, 1, why.NoLeader, nobody.name, "kubectl apply -f deploy/")
	who.waitWhy(t, alone, 2, why.ClassOfAnother, nobody.name)

	missing := claimOf(namespace, "", "1Gi")
	who.waitWhy(t, missing, 1, why.NoClaim, "no claim "+missing.Name)

	account := newAccount(t, namespace)
	user := person{must[string](t)(env.cluster.ServiceAccountKubeconfig(t.Context(), namespace, account)), p.name}
	user.waitWhy(t, bad, 2, why.NotTold, "you may not read persistentvolumeclaims "+bad.Name)
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "create", "rolebinding", "reads", "-n", namespace, "--clusterrole=view", "--serviceaccount="+namespace+":"+account))
	user.waitWhy(t, bad, 1, why.ProvisioningFailed, `gidMin "12"`, "you may not read storageclasses")
}

// newAccount makes a ServiceAccount without rights.
func newAccount(t *testing.T, namespace string) string {
	t.Helper()
	account := &v1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: unique("account"), Namespace: namespace}}
	return must[*v1.ServiceAccount](t)(env.client.CoreV1().ServiceAccounts(namespace).Create(t.Context(), account, metav1.CreateOptions{})).Name
}

// TestWhatKubectlGlusterfsLists makes a volume, and asks for it in each way.
func TestWhatKubectlGlusterfsLists(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	who, namespace := admin(p), newNamespace(t)
	class := newClass(t, p, heketi, ofCSI)
	claim := newClaim(t, namespace, class.Name, "2Gi")
	pv := waitBound(t, claim)

	who.waitWhy(t, claim, 1, why.NotMountable, "kubectl apply -f deploy/csi/")
	installDriver(t)
	who.waitWhy(t, claim, 0, why.Bound, "nothing is wrong")

	listed := asks[struct{ Items []inventory.Volume }](t, who, 0, "list", "-n", namespace).Items
	gid, _ := volume.GIDOf(pv)
	want := inventory.Volume{
		Namespace: namespace, Claim: claim.Name, PersistentVolume: pv.Name, Phase: v1.VolumeBound, Class: class.Name, Size: "2Gi", GID: gid,
		Source: volume.CSI, Heketi: heketi.URL(), Cluster: volume.ClusterOf(pv), ID: volume.IDOf(pv), Provisioner: p.name,
	}
	if len(listed) != 1 || listed[0] != want {
		t.Errorf("the volumes are %+v, want %+v", listed, want)
	}
	if _, output := who.types(t, "list", "-A", "-o", "name"); !strings.Contains(output, "persistentvolume/"+pv.Name+"\n") {
		t.Errorf("the names are:\n%s", output)
	}
	if _, output := who.types(t, "list", "-n", namespace, "-o", "wide"); !containsAll(output, []string{"CLAIM", "HEKETI", claim.Name, heketi.URL()}) {
		t.Errorf("the wide table is:\n%s", output)
	}

	classes := asks[struct{ Items []inventory.Class }](t, who, 0, "classes").Items
	if len(classes) != 1 || classes[0].Name != class.Name || !classes[0].Valid || classes[0].GIDsTaken < 1 {
		t.Errorf("the classes are %+v", classes)
	}
	newClass(t, p, nil, map[string]string{"resturl": "nowhere"})
	if classes := asks[struct{ Items []inventory.Class }](t, who, 1, "classes").Items; len(classes) != 2 {
		t.Errorf("the classes are %+v", classes)
	}
	heketis := asks[struct{ Items []inventory.Heketi }](t, who, 0, "heketis").Items
	isOurs := func(found inventory.Heketi) bool {
		return found.URL == heketi.URL() && found.Volumes == 1 && slices.Contains(found.Classes, class.Name)
	}
	if !slices.ContainsFunc(heketis, isOurs) {
		t.Errorf("the heketis are %+v", heketis)
	}
	asksAsPlugin(t)

	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "patch", "pv", pv.Name, "-p", `{"spec": {"persistentVolumeReclaimPolicy": "Retain"}}`))
	deleteClaim(t, claim)
	who.waitWhy(t, claim, 0, why.VolumeRetained, pv.Name+" is Released, with policy Retain")
	if err := env.client.CoreV1().PersistentVolumes().Delete(t.Context(), pv.Name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	waitVolumeGone(t, pv.Name)
	who.waitWhy(t, claim, 1, why.NoClaim)
}

// asksAsPlugin has kubectl itself run the command.
func asksAsPlugin(t *testing.T) {
	t.Helper()
	folder := filepath.Dir(must[string](t)(kubectlGlusterfs()))
	output := must[[]byte](t)(env.cluster.Script(t.Context(), "/bin/sh", "-c", `PATH="$0:$PATH" kubectl glusterfs "$@"`, folder, "--help"))
	if !containsAll(string(output), []string{"kubectl glusterfs [command]", "why", "bundle", "--kubeconfig"}) {
		t.Errorf("kubectl glusterfs --help says:\n%s", output)
	}
}

// TestCheckOfTheCluster has the command check the bench, where there is no node that a pod of
// deploy/ could run on.
func TestCheckOfTheCluster(t *testing.T) {
	t.Parallel()
	p := startProvisioner(t)
	namespace := newNamespace(t)
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": "k"})
	good := newClass(t, p, nil, withSecret(secret), with(map[string]string{"resturl": "http://127.0.0.1:1"}))
	bad := newClass(t, p, nil, map[string]string{"resturl": "http://127.0.0.1:1", "volumetype": "raid"})

	want := map[string]verdict.State{
		"kubernetes": verdict.Fine, "your rights": verdict.Fine, "provisioner's rights": verdict.Fine, "deployment": verdict.Wrong,
		"leader": verdict.Fine, "journal": verdict.Fine, "class " + good.Name: verdict.Fine, "class " + bad.Name: verdict.Wrong,
	}
	bench.Eventually(t, soon, func(context.Context) error {
		said := map[string]preflight.Line{}
		for _, line := range asks[preflight.Report](t, admin(p), 1, "check").Lines {
			said[line.What] = line
		}
		for what, state := range want {
			if said[what].State != state {
				return fmt.Errorf("%s is to be %s, and is %+v", what, state, said[what])
			}
		}
		return nil
	})

	stranger := person{must[string](t)(env.cluster.ServiceAccountKubeconfig(t.Context(), namespace, newAccount(t, namespace))), p.name}
	if report := asks[preflight.Report](t, stranger, 2, "check"); report.State != verdict.Unknown {
		t.Errorf("who may read nothing is told %+v", report)
	}
}

// TestBundleHasNoKey puts a known key where the provisioner reads it, has it used, and searches
// the archive.
func TestBundleHasNoKey(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	key := heketi.AdminKey()
	secret := newSecret(t, namespace, "heketi", "gluster.org/glusterfs", map[string]string{"key": key})
	claim := newClaim(t, namespace, newClass(t, p, heketi, withSecret(secret)).Name, "1Gi")
	waitBound(t, claim)
	waitEvent(t, claim.UID, "ProvisioningSucceeded")
	inClass := newClass(t, p, heketi, map[string]string{"restuser": "admin", "restuserkey": key})
	pv := waitBound(t, newClaim(t, namespace, inClass.Name, "1Gi"))

	archive := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if status, output := admin(p).types(t, "bundle", "-f", archive); status != 0 || !strings.Contains(output, archive) {
		t.Fatalf("it ended with %d:\n%s", status, output)
	}
	files := filesOf(t, archive)
	for name, text := range files {
		for _, form := range []string{key, base64.StdEncoding.EncodeToString([]byte(key))} {
			if strings.Contains(text, form) {
				t.Errorf("%s has the key", name)
			}
		}
	}
	for name, text := range map[string]string{
		"version.json": "gitVersion", "storageclasses.yaml": inClass.Name, "persistentvolumes.yaml": pv.Name, "persistentvolumeclaims.yaml": namespace,
		"events.yaml": "ProvisioningSucceeded", "deploy/deployment-glusterfs-provisioner.yaml": "replicas: 2", "leases.yaml": "holderIdentity", "about.txt": p.name,
	} {
		if !strings.Contains(files[name], text) {
			t.Errorf("%s does not have %q:\n%s", name, text, lastLines(files[name], 20))
		}
	}
}

// filesOf returns the files of a .tar.gz, without the folder that they are in.
func filesOf(t *testing.T, archive string) map[string]string {
	t.Helper()
	file := must[*os.File](t)(os.Open(archive))
	defer file.Close()
	files := map[string]string{}
	for entries := tar.NewReader(must[*gzip.Reader](t)(gzip.NewReader(file))); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		_, name, _ := strings.Cut(must[*tar.Header](t)(header, err).Name, "/")
		files[name] = read(t, entries)
	}
}
