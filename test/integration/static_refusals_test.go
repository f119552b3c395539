package integration

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestStaticVolumesRefused asks for PersistentVolumes that must not be, or that would never
// be bound. The error says why, and what would be right.
func TestStaticVolumesRefused(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Clusters: 2})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class, other := newClass(t, p, heketi, nil), newClass(t, p, heketi, nil)
	foreign := newClass(t, p, heketi, nil, func(class *storagev1.StorageClass) { class.Provisioner = "example.com/other" })
	bound := newClaim(t, namespace, class.Name, "1Gi")
	mounted := waitBound(t, bound)
	waitJournalEmpty(t, p)
	alone := makeAlone(t, heketi, "alone", 61001)
	in := func(cluster int) func(*api.VolumeCreateRequest) {
		return func(request *api.VolumeCreateRequest) { request.Clusters = []string{heketi.Clusters()[cluster]} }
	}
	twice := makeAlone(t, heketi, "twice", 61002, in(0))
	makeAlone(t, heketi, "twice", 61003, in(1))
	makeAlone(t, heketi, "same-gid-1", 61004)
	makeAlone(t, heketi, "same-gid-2", 61004)
	var held int64
	must[int](t)(fmt.Sscan(mounted.Annotations[volume.AnnotationGID], &held))
	makeAlone(t, heketi, "held-gid", held)
	makeAlone(t, heketi, "block-hosting", 0, func(request *api.VolumeCreateRequest) { request.Block, request.Size = true, 100 })
	waits := func(class, size string, change ...func(*v1.PersistentVolumeClaim)) string {
		// A claim with a volumeName gets no volume from the provisioner.
		change = append(change, func(claim *v1.PersistentVolumeClaim) { claim.Spec.VolumeName = "alone" })
		return namespace + "/" + newClaim(t, namespace, class, size, change...).Name
	}
	for what, test := range map[string]struct {
		flags []string
		want  []string
	}{
		"no such volume":       {[]string{"--volume=nobody", "--class=" + class.Name}, []string{`no volume with the id or the name "nobody"`, heketi.URL(), "heketi-cli volume list"}},
		"two of the name":      {[]string{"--volume=twice", "--class=" + class.Name}, []string{`2 volumes of the name "twice"`, twice.Id + " in cluster " + heketi.Clusters()[0]}},
		"block":                {[]string{"--volume=block-hosting", "--class=" + class.Name}, []string{`block volumes in volume "block-hosting"`}},
		"mounted":              {[]string{"--volume=" + mounted.Annotations[volume.AnnotationVolumeID], "--class=" + class.Name}, []string{"has a PersistentVolume already, " + mounted.Name}},
		"GID of a claim's":     {[]string{"--volume=held-gid", "--class=" + class.Name}, []string{fmt.Sprintf("GID %d", held), "PersistentVolume " + mounted.Name, namespace + "/" + bound.Name, "copy the data"}},
		"GID of another":       {[]string{"--volume=same-gid-1", "--class=" + class.Name}, []string{"GID 61004", `volume "same-gid-2"`}},
		"claim of another":     {[]string{"--volume=alone", "--class=" + class.Name, "--claim=" + namespace + "/" + bound.Name}, []string{"claim " + namespace + "/" + bound.Name + " is for PersistentVolume " + mounted.Name}},
		"claim too large":      {[]string{"--volume=alone", "--class=" + class.Name, "--claim=" + waits(class.Name, "3Gi")}, []string{"spec.resources.requests.storage is 3Gi", "the volume has 2Gi"}},
		"claim's class":        {[]string{"--volume=alone", "--class=" + class.Name, "--claim=" + waits(other.Name, "1Gi")}, []string{fmt.Sprintf("spec.storageClassName is %q", other.Name), "--class=" + other.Name}},
		"claim's modes":        {[]string{"--volume=alone", "--class=" + class.Name, "--access-modes=ReadWriteMany", "--claim=" + waits(class.Name, "1Gi")}, []string{"spec.accessModes is ReadWriteOnce", "--access-modes"}},
		"claim's block mode":   {[]string{"--volume=alone", "--class=" + class.Name, "--claim=" + waits(class.Name, "1Gi", asBlock)}, []string{"spec.volumeMode is Block", "Filesystem"}},
		"claim's other volume": {[]string{"--volume=alone", "--class=" + class.Name, "--name=other", "--claim=" + waits(class.Name, "1Gi")}, []string{"spec.volumeName is alone", "--name=alone"}},
		"name taken":           {[]string{"--volume=alone", "--class=" + class.Name, "--name=" + mounted.Name}, []string{"PersistentVolume " + mounted.Name, "--name"}},
		"bad name":             {[]string{"--volume=alone", "--class=" + class.Name, "--name=A_b"}, []string{"--name=A_b", "lowercase"}},
		"bad mount option":     {[]string{"--volume=alone", "--class=" + class.Name, "--mount-options=log-file=/etc/passwd"}, []string{`mountOptions "log-file=/etc/passwd"`}},
		"one pod, glusterfs":   {[]string{"--volume=alone", "--class=" + class.Name, "--source=glusterfs", "--access-modes=ReadWriteOncePod"}, []string{"spec.accessModes has ReadWriteOncePod"}},
		"no such class":        {[]string{"--volume=alone", "--class=nobodys"}, []string{`StorageClass "nobodys"`, "not found"}},
		"another's class":      {[]string{"--volume=alone", "--class=" + foreign.Name}, []string{foreign.Name, "example.com/other", p.name}},
		"bad URL":              {[]string{"--volume=alone", "--resturl=heketi:8080"}, []string{`resturl "heketi:8080"`, "http://HOST"}},
		"no such Secret":       {[]string{"--volume=alone", "--resturl=" + heketi.URL(), "--restuser=admin", "--secret=" + namespace + "/nobodys"}, []string{"Secret " + namespace + "/nobodys", "not found"}},
	} {
		t.Run(what, func(t *testing.T) {
			output, err := printStatic(t, p, test.flags...)
			if err == nil || !containsAll(err.Error(), test.want) || output != "" {
				t.Errorf("it printed %q, and said %v; want an error with all of %q", output, err, test.want)
			}
		})
	}
	if _, err := printStatic(t, p, "--volume="+alone.Id, "--class="+class.Name); err != nil {
		t.Errorf("the volume itself is refused: %v", err)
	}
}

func asBlock(claim *v1.PersistentVolumeClaim) {
	block := v1.PersistentVolumeBlock
	claim.Spec.VolumeMode = &block
}

// wipeVolume removes a PersistentVolume, and nothing of its volume.
func wipeVolume(t *testing.T, name string) {
	t.Helper()
	volumes := env.client.CoreV1().PersistentVolumes()
	if err := volumes.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, err := volumes.Patch(ctx, name, types.MergePatchType, []byte(`{"metadata": {"finalizers": null}}`), metav1.PatchOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("PersistentVolume %s is still there: %w", name, err)
	})
}

// waitLost waits until Kubernetes has noticed that a claim's PersistentVolume is gone.
func waitLost(t *testing.T, claim *v1.PersistentVolumeClaim) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		now, err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err == nil && now.Status.Phase != v1.ClaimLost {
			err = fmt.Errorf("claim %s is %s", claim.Name, now.Status.Phase)
		}
		return err
	})
}

// apply applies a text of objects.
func apply(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "objects.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "apply", "-f", file))
}
