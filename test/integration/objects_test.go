package integration

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/test/bench"
)

// soon bounds what the provisioner and Kubernetes need for one step, with room
// for a machine that is busy with other tests.
const soon = time.Minute

func read(t *testing.T, from io.Reader) string {
	t.Helper()
	all, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func startHeketi(t *testing.T, options bench.HeketiOptions) *bench.Heketi {
	t.Helper()
	heketi, err := bench.StartHeketi(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		removeVolumesOf(t, heketi.URL())
		if err := heketi.Stop(); err != nil {
			t.Error(err)
		}
	})
	return heketi
}

func newNamespace(t *testing.T) string {
	t.Helper()
	namespace := &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: unique("ns")}}
	made := must[*v1.Namespace](t)(env.client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}))
	return made.Name
}

// newClass makes a StorageClass of the provisioner for the heketi. The
// parameters come besides resturl and may replace it.
func newClass(t *testing.T, p *provisioner, heketi *bench.Heketi, parameters map[string]string, change ...func(*storagev1.StorageClass)) *storagev1.StorageClass {
	t.Helper()
	class := &storagev1.StorageClass{
		ObjectMeta:  metav1.ObjectMeta{Name: unique("class")},
		Provisioner: p.name,
		Parameters:  map[string]string{},
	}
	if heketi != nil {
		class.Parameters["resturl"] = heketi.URL()
	}
	maps.Copy(class.Parameters, parameters)
	for _, change := range change {
		change(class)
	}
	if !hasGIDs(class) {
		maps.Copy(class.Parameters, p.gids())
	}
	return must[*storagev1.StorageClass](t)(env.client.StorageV1().StorageClasses().Create(t.Context(), class, metav1.CreateOptions{}))
}

// hasGIDs says whether a class has a range of GIDs.
func hasGIDs(class *storagev1.StorageClass) bool {
	for parameter := range class.Parameters {
		if strings.HasPrefix(strings.ToLower(parameter), "gidm") {
			return true
		}
	}
	return false
}

func deleteClass(t *testing.T, name string) {
	t.Helper()
	if err := env.client.StorageV1().StorageClasses().Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

func claimOf(namespace, class, size string) *v1.PersistentVolumeClaim {
	return &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: unique("claim"), Namespace: namespace},
		Spec: v1.PersistentVolumeClaimSpec{
			StorageClassName: &class,
			AccessModes:      []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
			Resources:        v1.ResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)}},
		},
	}
}

func newClaim(t *testing.T, namespace, class, size string, change ...func(*v1.PersistentVolumeClaim)) *v1.PersistentVolumeClaim {
	t.Helper()
	claim := claimOf(namespace, class, size)
	for _, change := range change {
		change(claim)
	}
	return must[*v1.PersistentVolumeClaim](t)(env.client.CoreV1().PersistentVolumeClaims(namespace).Create(t.Context(), claim, metav1.CreateOptions{}))
}

func deleteClaim(t *testing.T, claim *v1.PersistentVolumeClaim) {
	t.Helper()
	if err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Delete(t.Context(), claim.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// waitBound waits until a claim is Bound, and returns its PersistentVolume.
func waitBound(t *testing.T, claim *v1.PersistentVolumeClaim) *v1.PersistentVolume {
	t.Helper()
	var pv *v1.PersistentVolume
	bench.Eventually(t, soon, func(ctx context.Context) error {
		now, err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if now.Status.Phase != v1.ClaimBound {
			return fmt.Errorf("claim %s is %s; its events: %v", claim.Name, now.Status.Phase, eventsOf(claim.UID))
		}
		pv, err = env.client.CoreV1().PersistentVolumes().Get(ctx, now.Spec.VolumeName, metav1.GetOptions{})
		return err
	})
	return pv
}

func waitClaimGone(t *testing.T, claim *v1.PersistentVolumeClaim) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		now, err := env.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return err
		}
		return fmt.Errorf("claim %s still exists, with finalizers %v", claim.Name, now.Finalizers)
	})
}

func waitVolumeGone(t *testing.T, name string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		pv, err := env.client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return err
		}
		return fmt.Errorf("PersistentVolume %s is %s, finalizers %v; its events: %v", name, pv.Status.Phase, pv.Finalizers, eventsOf(pv.UID))
	})
}

// volumesIn returns heketi's volumes by name.
func volumesIn(t *testing.T, heketi *bench.Heketi) map[string]api.VolumeInfoResponse {
	t.Helper()
	byName := map[string]api.VolumeInfoResponse{}
	for _, volume := range must[[]api.VolumeInfoResponse](t)(heketi.Volumes()) {
		byName[volume.Name] = volume
	}
	return byName
}

// waitNothingLeft waits until heketi has no volume and the namespace neither
// Services nor Endpoints, and the journal no entry of the provisioner.
func waitNothingLeft(t *testing.T, heketi *bench.Heketi, namespace string) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) error {
		volumes, err := heketi.Volumes()
		if err != nil {
			return err
		}
		services, err := env.client.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		endpoints, err := env.client.CoreV1().Endpoints(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(volumes)+len(services.Items)+len(endpoints.Items) > 0 {
			return fmt.Errorf("left: %d volumes, %d Services, %d Endpoints", len(volumes), len(services.Items), len(endpoints.Items))
		}
		return nil
	})
}

// waitJournalEmpty waits until no volume of the provisioner is unfinished.
func waitJournalEmpty(t *testing.T, p *provisioner) {
	t.Helper()
	bench.Eventually(t, soon, p.unfinished)
}

// unfinished returns what the provisioner has in its journal.
func (p *provisioner) unfinished(ctx context.Context) error {
	entries, err := journal.New(env.client.CoreV1(), ourNamespace, p.name).List(ctx)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%d entries are open, one is %+v", len(entries), entries[0])
	}
	return err
}
