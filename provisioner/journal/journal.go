package journal

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/pager"

	"glusterfs-provisioner/provisioner/volume"
)

// Journal holds the open entries. Only one process may write it at a time; that
// is the leader. It is safe for concurrent use.
type Journal struct {
	configMaps  corev1.ConfigMapInterface
	namespace   string
	provisioner string

	mu   sync.Mutex
	open map[types.UID]opened
}

// opened is an entry, and whether it is known to be saved as it is.
type opened struct {
	Entry
	saved bool
}

// New returns the journal of a provisioner, kept in the given namespace. It is
// empty until Load is called.
func New(client corev1.ConfigMapsGetter, namespace, provisionerName string) *Journal {
	return &Journal{
		configMaps:  client.ConfigMaps(namespace),
		namespace:   namespace,
		provisioner: provisionerName,
		open:        map[types.UID]opened{},
	}
}

// Load reads what is open, such as after a restart, and returns it.
func (j *Journal) Load(ctx context.Context) ([]Entry, error) {
	entries, err := j.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		j.put(opened{entry, true})
	}
	return entries, nil
}

// List returns the saved entries, whoever wrote them. An entry that cannot be
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

// Find returns the claim's open entry.
func (j *Journal) Find(claim types.UID) (Entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	found, ok := j.open[claim]
	return found.Entry, ok
}

// Len returns how many entries are open.
func (j *Journal) Len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.open)
}

// SharesHosts says whether an entry is open whose volume is mounted through what
// lists the storage hosts for all volumes of a cluster.
func (j *Journal) SharesHosts() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, entry := range j.open {
		if entry.SharesEndpoints || entry.Source == volume.CSI {
			return true
		}
	}
	return false
}

// Begin writes an entry, in place of the claim's earlier one if there is one,
// unless it is saved just so already. When it returns nil, the entry is saved.
// After an error it may or may not be, and counts as open all the same.
func (j *Journal) Begin(ctx context.Context, entry Entry) error {
	if j.isSaved(entry) {
		return nil
	}
	j.put(opened{entry, false})
	configMap := entry.configMap(j.provisioner)
	_, err := j.configMaps.Create(ctx, configMap, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		_, err = j.configMaps.Update(ctx, configMap, metav1.UpdateOptions{})
	}
	if err != nil {
		return fmt.Errorf("cannot note in ConfigMap %s that the volume is being made: %w", configMap.Name, err)
	}
	j.put(opened{entry, true})
	return nil
}

func (j *Journal) isSaved(entry Entry) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	found, ok := j.open[entry.ClaimUID]
	return ok && found.saved && reflect.DeepEqual(found.Entry, entry)
}

func (j *Journal) put(o opened) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.open[o.ClaimUID] = o
}

// End removes the claim's entry, if there is one.
func (j *Journal) End(ctx context.Context, claim types.UID) error {
	if _, ok := j.Find(claim); !ok {
		return nil
	}
	err := j.configMaps.Delete(ctx, configMapName(j.provisioner, claim), metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot remove ConfigMap %s: %w", configMapName(j.provisioner, claim), err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.open, claim)
	return nil
}

// WasRemoved asks the API server whether somebody else has removed an open entry,
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
