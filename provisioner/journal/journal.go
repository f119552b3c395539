package journal

import (
	"context"
	"fmt"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Journal reads and writes the entries. Only one process may write at a time; that is the
// leader. It is safe for concurrent use.
type Journal struct {
	configMaps  corev1.ConfigMapInterface
	namespace   string
	provisioner string

	mu   sync.Mutex
	next *group // nil if nothing is to be written.

	// writing has room for the one group that is written. It guards what follows.
	writing   chan struct{}
	lastWrite time.Time
	known     page
}

// New returns the journal of a provisioner, kept in the given namespace.
func New(client corev1.ConfigMapsGetter, namespace, provisionerName string) *Journal {
	return &Journal{
		configMaps:  client.ConfigMaps(namespace),
		namespace:   namespace,
		provisioner: provisionerName,
		writing:     make(chan struct{}, 1),
	}
}

// List returns the entries, whoever wrote them, such as the last leader. An entry that cannot be
// read is an error that names it: to skip it would be to forget a volume.
func (j *Journal) List(ctx context.Context) ([]Entry, error) {
	found, err := j.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read the journal: %w", err)
	}
	return found.list()
}

// Write writes an entry, in place of the claim's earlier one if there is one. After an
// error it may be written or not.
func (j *Journal) Write(ctx context.Context, entry Entry) error {
	text, err := entry.text()
	if err == nil {
		err = j.submit(ctx, entry.ClaimUID, text, true)
	}
	if err != nil {
		return fmt.Errorf("cannot note in ConfigMap %s that the volume is being made: %w", j.name(), err)
	}
	return nil
}

// Remove removes the claim's entry, if there is one. It may wait some time for others that
// are removed, too. After an error the entry may be removed or not.
func (j *Journal) Remove(ctx context.Context, claim types.UID) error {
	if err := j.submit(ctx, claim, "", false); err != nil {
		return fmt.Errorf("cannot remove key %s of ConfigMap %s: %w", claim, j.name(), err)
	}
	return nil
}

// Find asks the API server for a claim's entry; false if there is none. An administrator may
// have removed it, who gives up what was begun, or changed it, since heketi has moved.
func (j *Journal) Find(ctx context.Context, claim types.UID) (entry Entry, there bool, err error) {
	found, err := j.read(ctx)
	if err != nil {
		return Entry{}, false, fmt.Errorf("cannot tell whether ConfigMap %s still has key %s: %w", j.name(), claim, err)
	}
	text, there := found.entries()[string(claim)]
	if !there {
		return Entry{}, false, nil
	}
	if entry, err = entryFrom(claim, text); err != nil {
		err = found.unreadable(claim, err)
	}
	return entry, true, err
}

// Removal returns the command by which an administrator removes a claim's entry.
func (j *Journal) Removal(claim types.UID) string {
	return fmt.Sprintf(`kubectl patch configmap %s -n %s --type json -p '[{"op":"remove","path":"/data/%s"}]'`, j.name(), j.namespace, claim)
}

// Reference returns what an event about a claim's entry refers to.
func (j *Journal) Reference(claim types.UID) *v1.ObjectReference {
	return &v1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: j.namespace, Name: j.name(), FieldPath: fmt.Sprintf("data[%s]", claim)}
}

// Namespace returns what an event about the provisioner as a whole refers to.
func (j *Journal) Namespace() *v1.ObjectReference {
	return &v1.ObjectReference{APIVersion: "v1", Kind: "Namespace", Namespace: j.namespace, Name: j.namespace}
}

func (j *Journal) name() string { return configMapName(j.provisioner) }

// read asks the API server for the ConfigMap.
func (j *Journal) read(ctx context.Context) (page, error) {
	configMap, err := j.configMaps.Get(ctx, j.name(), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return page{read: true}, nil
	case err != nil:
		return page{}, err
	}
	return page{true, configMap}, nil
}
