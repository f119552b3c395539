package library

import (
	"context"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// The reasons of events. The first two are the library's own.
const (
	reasonNotProvisioned      = "ProvisioningFailed"
	reasonNotDeleted          = "VolumeFailedDelete"
	reasonFinalizerNotAdded   = "FinalizerNotAdded"
	reasonFinalizerNotRemoved = "FinalizerNotRemoved"
)

// Recorder sends events. A record.EventRecorder is one.
type Recorder interface {
	Eventf(object runtime.Object, eventType, reason, format string, args ...any)
}

// Volumes looks a PersistentVolume up in a cache. A lister of them is one.
type Volumes interface {
	Get(name string) (*v1.PersistentVolume, error)
}

// Config is what a client for the library works with. All fields are required.
type Config struct {
	// Events tells users what cannot be saved, changed or removed.
	Events Recorder
	// Volumes finds the PersistentVolume that an event is about.
	Volumes Volumes
	// LetGo is told the UID of each PersistentVolume whose finalizer was removed.
	LetGo func(types.UID)
}

// NewClient returns a client for the library that differs from the given one in what
// it does with PersistentVolumes:
//
//   - It patches the finalizer where the library updates the whole object. The
//     library updates its cached copy right after deleting the PersistentVolume,
//     which is when everybody else changes it too; each conflict then repeats the
//     deletion from its start. Finalizers are all that the library ever updates.
//   - It tells in an event when the API server does not save, change or remove a
//     PersistentVolume, which the library only logs.
func NewClient(client kubernetes.Interface, config Config) kubernetes.Interface {
	return libraryClient{client, config}
}

type libraryClient struct {
	kubernetes.Interface
	config Config
}

func (c libraryClient) CoreV1() corev1.CoreV1Interface {
	return coreV1{c.Interface.CoreV1(), c.config}
}

type coreV1 struct {
	corev1.CoreV1Interface
	config Config
}

func (c coreV1) PersistentVolumes() corev1.PersistentVolumeInterface {
	return volumeClient{c.CoreV1Interface.PersistentVolumes(), c.config}
}

type volumeClient struct {
	corev1.PersistentVolumeInterface
	Config
}

// Create saves a PersistentVolume, or tells its claim why not.
func (c volumeClient) Create(ctx context.Context, pv *v1.PersistentVolume, options metav1.CreateOptions) (*v1.PersistentVolume, error) {
	saved, err := c.PersistentVolumeInterface.Create(ctx, pv, options)
	if err != nil && !apierrors.IsAlreadyExists(err) {
		c.Events.Eventf(pv.Spec.ClaimRef, v1.EventTypeWarning, reasonNotProvisioned,
			"the volume is made, but its PersistentVolume %s cannot be saved yet; will try again: %v", pv.Name, err)
	}
	return saved, err
}

// Delete removes a PersistentVolume whose volume is deleted, or tells there why
// not.
func (c volumeClient) Delete(ctx context.Context, name string, options metav1.DeleteOptions) error {
	err := c.PersistentVolumeInterface.Delete(ctx, name, options)
	if err == nil || apierrors.IsNotFound(err) {
		return err
	}
	if pv, missing := c.Volumes.Get(name); missing == nil {
		c.Events.Eventf(pv, v1.EventTypeWarning, reasonNotDeleted,
			"the volume is deleted, but its PersistentVolume cannot be removed yet; will try again: %v", err)
	}
	return err
}
