package journal

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/pager"
)

// Journal reads and writes the entries. Only one process may write at a time; that is the
// leader. It is safe for concurrent use.
type Journal struct {
	configMaps  corev1.ConfigMapInterface
	namespace   string
	provisioner string
}

// New returns the journal of a provisioner, kept in the given namespace.
func New(client corev1.ConfigMapsGetter, namespace, provisionerName string) *Journal {
	return &Journal{
		configMaps:  client.ConfigMaps(namespace),
		namespace:   namespace,
		provisioner: provisionerName,
	}
}

// List returns the entries, whoever wrote them, such as the last leader. An entry that cannot be
// read is an error that names it: to skip it would be to forget a volume.
func (j *Journal) List(ctx context.Context) ([]Entry, error) {
	var entries []Entry
	list := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return j.configMaps.List(ctx, options)
	})
	err := list.EachListItem(ctx, metav1.ListOptions{LabelSelector: LabelProvisioner + "=" + labelOf(j.provisioner)}, func(object runtime.Object) error {
		configMap := object.(*v1.ConfigMap)
		entry, err := entryFrom(configMap)
		if err != nil {
			return fmt.Errorf("ConfigMap %s/%s, which says what volume is being made, cannot be read: %w; correct it, or delete it after deleting its volume in heketi",
				configMap.Namespace, configMap.Name, err)
		}
		entries = append(entries, entry)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the journal: %w", err)
	}
	return entries, nil
}

// Write writes an entry, in place of the claim's earlier one if there is one. After an
// error it may be written or not.
func (j *Journal) Write(ctx context.Context, entry Entry) error {
	configMap := entry.configMap(j.provisioner)
	_, err := j.configMaps.Create(ctx, configMap, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		_, err = j.configMaps.Update(ctx, configMap, metav1.UpdateOptions{})
	}
	if err != nil {
		return fmt.Errorf("cannot note in ConfigMap %s that the volume is being made: %w", configMap.Name, err)
	}
	return nil
}

// Remove removes the claim's entry, if there is one.
func (j *Journal) Remove(ctx context.Context, claim types.UID) error {
	name := configMapName(j.provisioner, claim)
	if err := j.configMaps.Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot remove ConfigMap %s: %w", name, err)
	}
	return nil
}

// WasRemoved asks the API server whether somebody else has removed a claim's entry,
// as an administrator does who gives up what was begun.
func (j *Journal) WasRemoved(ctx context.Context, claim types.UID) (bool, error) {
	name := configMapName(j.provisioner, claim)
	_, err := j.configMaps.Get(ctx, name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("cannot tell whether ConfigMap %s still exists: %w", name, err)
	}
	return err != nil, nil
}

// Reference returns what an event about an entry refers to.
func (j *Journal) Reference(entry Entry) *v1.ObjectReference {
	return &v1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: j.namespace, Name: configMapName(j.provisioner, entry.ClaimUID)}
}

// Namespace returns what an event about the provisioner as a whole refers to.
func (j *Journal) Namespace() *v1.ObjectReference {
	return &v1.ObjectReference{APIVersion: "v1", Kind: "Namespace", Namespace: j.namespace, Name: j.namespace}
}
