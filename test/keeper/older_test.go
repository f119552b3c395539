package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// persistentVolume makes a PersistentVolume of a volume, until the end of the test. It names the heketi that
// does not keep others from starting empty.
func persistentVolume(t *testing.T, cluster, id string) *v1.PersistentVolume {
	t.Helper()
	pv := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: unique("pv"), Annotations: map[string]string{"gluster.org/heketi-url": otherHeketi}},
		Spec: v1.PersistentVolumeSpec{
			AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteMany},
			Capacity:    v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")},
			PersistentVolumeSource: v1.PersistentVolumeSource{
				CSI: &v1.CSIPersistentVolumeSource{Driver: "glusterfs.csi.gluster.org", VolumeHandle: cluster + ":" + id},
			},
		},
	}
	must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Create(t.Context(), pv, metav1.CreateOptions{}))
	t.Cleanup(func() {
		if err := env.client.CoreV1().PersistentVolumes().Delete(context.Background(), pv.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return pv
}

// TestFaultDatabaseIsOlderThanVolumes puts back all that was saved before a volume was made, the ConfigMap with it, so
// that only the volume's PersistentVolume tells of a later database.
func TestFaultDatabaseIsOlderThanVolumes(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir())
	addNodes(t, k.client(t))
	create(t, k.client(t), "first")
	k.endWell(t)
	secrets, configMaps := env.client.CoreV1().Secrets(p.namespace), env.client.CoreV1().ConfigMaps(p.namespace)
	secret := must[*v1.Secret](t)(secrets.Get(t.Context(), databaseName, metav1.GetOptions{}))
	record := must[*v1.ConfigMap](t)(configMaps.Get(t.Context(), databaseName, metav1.GetOptions{}))
	saved := storeIn(t, p.namespace, nil)
	must[[]byte](t)(saved.Load(t.Context()))
	generation := saved.Last().Number

	k = p.start(t, t.TempDir())
	volume := must[*api.VolumeInfoResponse](t)(k.client(t).VolumeCreate(newVolume("second")))
	bench.Eventually(t, soon, func(context.Context) error { // Kubernetes notes when an object was made to the second.
		if time.Now().Truncate(time.Second).After(saved.Last().Saved) {
			return nil
		}
		return errors.New("the second has not passed")
	})
	pv := persistentVolume(t, volume.Cluster, volume.Id)
	k.kill(t)
	// With the latest database, it starts.
	p.launchAlone(t, t.TempDir()).endWellOnceServing(t)

	none := metav1.DeleteOptions{}
	if err := errors.Join(secrets.Delete(t.Context(), databaseName, none), configMaps.Delete(t.Context(), databaseName, none)); err != nil {
		t.Fatal(err)
	}
	secret.ResourceVersion, secret.UID, record.ResourceVersion, record.UID = "", "", "", ""
	restored := must[*v1.Secret](t)(secrets.Create(t.Context(), secret, metav1.CreateOptions{}))
	must[*v1.ConfigMap](t)(configMaps.Create(t.Context(), record, metav1.CreateOptions{}))

	folder := t.TempDir()
	k = p.launchAlone(t, folder)
	if code := k.waitEnded(t); code != 1 {
		t.Errorf("it ended with %d", code)
	}
	remedy := fmt.Sprintf("--accept-generation=%d", generation)
	for _, want := range []string{"refusing to start heketi with an older database", "1 PersistentVolumes are younger", pv.Name, remedy} {
		if !strings.Contains(k.Output(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if now := must[*v1.Secret](t)(secrets.Get(t.Context(), databaseName, metav1.GetOptions{})); now.ResourceVersion != restored.ResourceVersion {
		t.Error("it has changed what is saved")
	}
	if k = p.launchAlone(t, folder, fmt.Sprintf("--accept-generation=%d", generation+1)); k.waitEnded(t) != 1 {
		t.Error("it starts with a generation that nobody has accepted")
	}
	k = p.launchAlone(t, folder, remedy)
	k.waitServing(t)
	expectVolumes(t, k.client(t), "first")
	k.endWell(t)
}

func (k *keeper) endWellOnceServing(t *testing.T) {
	t.Helper()
	k.waitServing(t)
	k.endWell(t)
}
