package integration

import (
	"context"
	"errors"
	"testing"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
)

// removeVolumesOf removes the PersistentVolumes that a test leaves behind, after its
// provisioner. A later heketi may listen at the same address, and its audit would miss
// their volumes.
func removeVolumesOf(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), soon)
	defer cancel()
	all, err := env.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Errorf("cannot remove the volumes of %s: %v", url, err)
		return
	}
	var theirs []v1.PersistentVolume
	for _, pv := range all.Items {
		if pv.Annotations[volume.AnnotationURL] == url {
			theirs = append(theirs, pv)
		}
	}
	if err := removeVolumes(ctx, theirs); err != nil {
		t.Errorf("cannot remove the volumes of %s: %v", url, err)
	}
}

// removeVolumes removes PersistentVolumes, and waits for nobody who holds them.
func removeVolumes(ctx context.Context, pvs []v1.PersistentVolume) error {
	client := env.client.CoreV1().PersistentVolumes()
	var failures []error
	for _, pv := range pvs {
		err := client.Delete(ctx, pv.Name, metav1.DeleteOptions{})
		if err == nil {
			_, err = client.Patch(ctx, pv.Name, types.MergePatchType, []byte(`{"metadata": {"finalizers": null}}`), metav1.PatchOptions{})
		}
		if !apierrors.IsNotFound(err) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}
