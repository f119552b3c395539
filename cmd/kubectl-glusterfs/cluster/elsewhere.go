package cluster

import (
	"context"
	"slices"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/provisioner/conversion"
	"glusterfs-provisioner/provisioner/journal"
)

// Elsewhere is what there is of a provisioner outside of its own namespace. It reads none of it:
// it may have run there before.
type Elsewhere struct {
	// Notes are the ConfigMaps with what it has begun: volumes in the making, and
	// PersistentVolumes that are being replaced.
	Notes []v1.ConfigMap
	// Leading are the namespaces in which a process leads in its name.
	Leading []string
}

// Elsewhere looks into all namespaces but the provisioner's.
func (c Cluster) Elsewhere(ctx context.Context) asked.Thing[Elsewhere] {
	found, err := c.elsewhere(ctx)
	return asked.For(found, err)
}

func (c Cluster) elsewhere(ctx context.Context) (Elsewhere, error) {
	var found Elsewhere
	for _, selector := range []string{journal.Selector(c.Installed.Provisioner), conversion.Selector(c.Installed.Provisioner)} {
		list, err := c.Client.CoreV1().ConfigMaps(metav1.NamespaceAll).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return Elsewhere{}, err
		}
		found.Notes = append(found.Notes, slices.DeleteFunc(list.Items, func(notes v1.ConfigMap) bool { return notes.Namespace == c.Installed.Namespace })...)
	}
	ofName := metav1.ListOptions{FieldSelector: metav1.ObjectNameField + "=" + installed.LeaseOf(c.Installed.Provisioner)}
	leases, err := c.Client.CoordinationV1().Leases(metav1.NamespaceAll).List(ctx, ofName)
	if err != nil {
		return Elsewhere{}, err
	}
	for _, lease := range leases.Items {
		there := Cluster{Client: c.Client, Installed: Installed{Provisioner: c.Installed.Provisioner, Namespace: lease.Namespace}}
		if lease.Namespace == c.Installed.Namespace {
			continue
		}
		leader := there.Leader(ctx)
		if leader.Err != nil {
			return Elsewhere{}, leader.Err
		}
		if leader.Value.Leads {
			found.Leading = append(found.Leading, lease.Namespace)
		}
	}
	return found, nil
}
