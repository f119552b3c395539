package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/node"
)

// ordinaryUser is a user and a group that no volume belongs to.
const ordinaryUser = 1000

// parameters are those of a StorageClass.
type parameters map[string]string

// makeClass makes a StorageClass, which goes with the test.
func makeClass(t *testing.T, name string, more parameters, adjust ...func(*storagev1.StorageClass)) {
	t.Helper()
	class := &storagev1.StorageClass{
		ObjectMeta:  metav1.ObjectMeta{Name: name},
		Provisioner: "gluster.org/glusterfs",
		Parameters: parameters{
			"resturl": env.heketi.URL(), "restuser": "admin",
			"secretNamespace": ourNamespace, "secretName": "heketi",
		},
	}
	for key, value := range more {
		class.Parameters[key] = value
	}
	for _, adjust := range adjust {
		adjust(class)
	}
	if _, err := env.client.StorageV1().StorageClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kubectlAfter(t, "delete", "storageclass", name) })
}

// makeNamespace makes a namespace, which goes with the test, and with it what the
// test made there, volumes too. If the test failed, it is explained first.
func makeNamespace(t *testing.T, name string) {
	t.Helper()
	kubectl(t, "create", "namespace", name)
	t.Cleanup(func() {
		explain(t)
		kubectlAfter(t, "delete", "namespace", name, "--timeout="+patience.String())
		if err := bench.UntilEvery(context.Background(), pace, patience, func(ctx context.Context) error { return checkVolumesGone(ctx, name) }); err != nil {
			t.Error(err)
		}
	})
}

// checkVolumesGone tells of PersistentVolumes that were bound to claims of a
// namespace.
func checkVolumesGone(ctx context.Context, namespace string) error {
	volumes, err := env.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, volume := range volumes.Items {
		if claim := volume.Spec.ClaimRef; claim != nil && claim.Namespace == namespace {
			return fmt.Errorf("the PersistentVolume %s of the claim %s/%s is %s, want it gone", volume.Name, namespace, claim.Name, volume.Status.Phase)
		}
	}
	return nil
}

// claim describes a PersistentVolumeClaim.
type claim struct {
	namespace, name, class string
	// gib is the size, 1 if not set.
	gib int64
	// mode is the access mode, ReadWriteMany if not set.
	mode v1.PersistentVolumeAccessMode
	// volume is the PersistentVolume to bind, any if not set.
	volume string
}

func makeClaim(t *testing.T, c claim) {
	t.Helper()
	if c.mode == "" {
		c.mode = v1.ReadWriteMany
	}
	object := &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: c.name},
		Spec: v1.PersistentVolumeClaimSpec{
			StorageClassName: &c.class,
			AccessModes:      []v1.PersistentVolumeAccessMode{c.mode},
			VolumeName:       c.volume,
			Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
				v1.ResourceStorage: *resource.NewQuantity(max(c.gib, 1)<<30, resource.BinarySI),
			}},
		},
	}
	if _, err := env.client.CoreV1().PersistentVolumeClaims(c.namespace).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// applyObject applies an object.
func applyObject(t *testing.T, object any) {
	t.Helper()
	manifest, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, string(manifest))
}

// startPod starts a pod of an ordinary user and waits until it runs. It has the
// claims at /1, /2 and so on.
func startPod(t *testing.T, namespace, name string, claims ...string) {
	t.Helper()
	startPodAs(t, namespace, name, nil, claims...)
}

// startPodAs is startPod with changes.
func startPodAs(t *testing.T, namespace, name string, adjust func(*v1.Pod), claims ...string) {
	t.Helper()
	makePod(t, namespace, name, adjust, claims...)
	waitReady(t, namespace, "pod/"+name)
}

// waitReady waits until pods are, which are given as kubectl wants them.
func waitReady(t *testing.T, namespace string, pods ...string) {
	t.Helper()
	kubectl(t, append([]string{"wait", "--namespace=" + namespace, "--for=condition=Ready", "--timeout=" + patience.String()}, pods...)...)
}

// makePod is startPodAs, but does not wait.
func makePod(t *testing.T, namespace, name string, adjust func(*v1.Pod), claims ...string) {
	t.Helper()
	user, grace := int64(ordinaryUser), int64(1)
	pod := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1.PodSpec{
			TerminationGracePeriodSeconds: &grace,
			SecurityContext:               &v1.PodSecurityContext{RunAsUser: &user, RunAsGroup: &user},
			Containers: []v1.Container{{
				Name: "shell", Image: node.BusyboxImage, Command: []string{"sleep", "infinity"},
			}},
		},
	}
	for i, claim := range claims {
		volume := fmt.Sprintf("volume-%d", i+1)
		pod.Spec.Containers[0].VolumeMounts = append(pod.Spec.Containers[0].VolumeMounts,
			v1.VolumeMount{Name: volume, MountPath: fmt.Sprintf("/%d", i+1)})
		pod.Spec.Volumes = append(pod.Spec.Volumes, v1.Volume{Name: volume, VolumeSource: v1.VolumeSource{
			PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
		}})
	}
	if adjust != nil {
		adjust(pod)
	}
	if _, err := env.client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
