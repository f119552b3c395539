package app

import (
	"context"
	"fmt"

	coordinationv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/cmd/installed"
)

const reasonElsewhere = "ProvisionerElsewhere"

// elsewhere tells of provisioners of the same name in other namespaces. What they have begun stands
// in their namespaces, and is not read here.
type elsewhere struct {
	client kubernetes.Interface
	events record.EventRecorder
	// name is that of the Lease, and namespace the one of this provisioner, on which events are.
	name, namespace string
}

// tell looks once at the Leases of that name.
func (e elsewhere) tell(ctx context.Context) {
	ofName := metav1.ListOptions{FieldSelector: metav1.ObjectNameField + "=" + e.name}
	leases, err := e.client.CoordinationV1().Leases(metav1.NamespaceAll).List(ctx, ofName)
	if err != nil {
		klog.FromContext(ctx).Error(err, "Cannot tell whether a provisioner of this name is in another namespace; allow it: kubectl apply -f deploy/")
		return
	}
	about := &v1.ObjectReference{APIVersion: "v1", Kind: "Namespace", Namespace: e.namespace, Name: e.namespace}
	for _, lease := range leases.Items {
		if lease.Namespace == e.namespace {
			continue
		}
		problem := e.problem(&lease)
		klog.FromContext(ctx).Info("A provisioner of this name is or was in another namespace", "lease", klog.KObj(&lease), "reason", problem)
		e.events.Event(about, v1.EventTypeWarning, reasonElsewhere, problem)
	}
}

// problem says what a Lease in another namespace means, and what to do.
func (e elsewhere) problem(lease *coordinationv1.Lease) string {
	const page = "docs/upgrading.md tells how to move to another namespace"
	if holder := lease.Spec.HolderIdentity; holder != nil && *holder != "" {
		return fmt.Sprintf("a provisioner of this name leads in namespace %s, too, or was killed there, as Lease %[1]s/%s of %s says: two may make one volume and give one GID; decide which one is to stay, and end the other: kubectl -n %[1]s scale deployment %s --replicas=0; %s",
			lease.Namespace, lease.Name, *holder, installed.Deployment, page)
	}
	return fmt.Sprintf("a provisioner of this name has led in namespace %s, as Lease %[1]s/%s says; what it has begun there and not ended is not known in %s, and may be made twice; kubectl glusterfs check --provisioner-namespace=%[3]s tells whether there is something, and %s; if there is nothing: kubectl -n %[1]s delete lease %[2]s",
		lease.Namespace, lease.Name, e.namespace, page)
}
