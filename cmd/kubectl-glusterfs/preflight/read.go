package preflight

import (
	"context"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Read asks for what is known of a cluster. What may not be read is in the facts as an error; an
// error is that this command does not know what to ask.
func Read(ctx context.Context, c cluster.Cluster) (Facts, error) {
	granted, err := c.GrantedRights()
	if err != nil {
		return Facts{}, err
	}
	f := Facts{
		Installed:  c.Installed,
		Kubernetes: c.Kubernetes(ctx),
		Own:        c.OwnRights(ctx, ownRights(c.Installed)),
		Account:    c.AccountRights(ctx, granted),
		Deployment: asked.For(c.Client.AppsV1().Deployments(c.Installed.Namespace).Get(ctx, installed.Deployment, metav1.GetOptions{})),
		Leader:     c.Leader(ctx),
		Driver:     c.Driver(ctx),
		DaemonSet:  asked.For(c.Client.AppsV1().DaemonSets(installed.NodeNamespace).Get(ctx, installed.DaemonSet, metav1.GetOptions{})),
		Hosts:      asked.For(c.Client.AppsV1().DaemonSets(c.Installed.GlusterNamespace).Get(ctx, installed.HostDaemonSet, metav1.GetOptions{})),
		Keeper:     asked.For(c.Client.AppsV1().Deployments(c.Installed.GlusterNamespace).Get(ctx, installed.KeeperDeployment, metav1.GetOptions{})),
		Service:    asked.For(c.Client.CoreV1().Services(c.Installed.GlusterNamespace).Get(ctx, installed.KeeperService, metav1.GetOptions{})),
		Disks:      c.GlusterClusters(ctx),
		Volumes:    c.Volumes(ctx),
		Entries:    asked.For(journal.New(c.Client.CoreV1(), c.Installed.Namespace, c.Installed.Provisioner).List(ctx)),
		Elsewhere:  c.Elsewhere(ctx),
	}
	if f.DaemonSet.There {
		f.Present = c.RightsOf(ctx, f.DaemonSet.Value.Namespace, f.DaemonSet.Value.Spec.Template.Spec.ServiceAccountName, []cluster.Right{rightToServers(c.Installed.Namespace)})
	}
	podsOf := func(set *appsv1.DaemonSet) ([]v1.Pod, error) {
		list, err := c.Client.CoreV1().Pods(set.Namespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector)})
		if err != nil {
			return nil, err
		}
		return list.Items, nil
	}
	f.Pods, f.HostPods = asked.Then(f.DaemonSet, podsOf), asked.Then(f.Hosts, podsOf)
	nodes, err := c.Client.StorageV1().CSINodes().List(ctx, metav1.ListOptions{})
	f.Nodes = asked.Then(asked.For(nodes, err), func(list *storagev1.CSINodeList) ([]storagev1.CSINode, error) { return list.Items, nil })
	f.Classes = asked.Then(c.Classes(ctx), func(all []*storagev1.StorageClass) ([]*storagev1.StorageClass, error) {
		return slices.DeleteFunc(all, func(class *storagev1.StorageClass) bool { return class.Provisioner != c.Installed.Provisioner }), nil
	})
	f.readKeys(ctx, c)
	return f, nil
}

// readKeys looks at the Secrets that classes and PersistentVolumes name. One that both name is judged
// by the heketi of the class.
func (f *Facts) readKeys(ctx context.Context, c cluster.Cluster) {
	f.Keys, f.Readable = map[volume.SecretRef]asked.Thing[cluster.Key]{}, map[volume.SecretRef]asked.Thing[cluster.Rights]{}
	read := func(ref volume.SecretRef, url string) {
		f.Keys[ref] = c.Key(ctx, ref, url)
		f.Readable[ref] = c.AccountRights(ctx, []cluster.Right{cluster.RightToSecret(ref.Namespace, ref.Name)})
	}
	for _, class := range f.Classes.Value {
		if params, err := parameters.Parse(class.Parameters); err == nil && params.Heketi.Secret != nil {
			read(*params.Heketi.Secret, params.Heketi.URL)
		}
	}
	for ref, use := range secretsNamed(f.Volumes.Value, c.Installed.Provisioner) {
		if _, known := f.Keys[ref]; !known {
			read(ref, use.heketi)
		}
	}
}

// rightToServers is the node plugin's, to what the provisioner keeps for it.
func rightToServers(namespace string) cluster.Right {
	return cluster.Right{ResourceAttributes: authorizationv1.ResourceAttributes{Verb: "get", Resource: "configmaps", Namespace: namespace}}
}

// ownRights are what the verbs of this command need.
func ownRights(meant cluster.Installed) []cluster.Right {
	right := func(verb, group, resource, namespace string) cluster.Right {
		return cluster.Right{ResourceAttributes: authorizationv1.ResourceAttributes{Verb: verb, Group: group, Resource: resource, Namespace: namespace}}
	}
	return []cluster.Right{
		right("list", "", "persistentvolumes", ""),
		right("list", "", "persistentvolumeclaims", ""),
		right("list", "", "events", ""),
		right("list", "storage.k8s.io", "storageclasses", ""),
		right("get", "storage.k8s.io", "csidrivers", ""),
		right("list", "storage.k8s.io", "csinodes", ""),
		right("get", "coordination.k8s.io", "leases", meant.Namespace),
		right("list", "coordination.k8s.io", "leases", ""),
		right("get", "", "configmaps", meant.Namespace),
		right("list", "", "configmaps", ""),
		right("get", "apps", "deployments", meant.Namespace),
		right("list", "", "pods", meant.Namespace),
		right("get", "apps", "daemonsets", installed.NodeNamespace),
		right("list", "", "pods", installed.NodeNamespace),
		right("get", "apps", "daemonsets", meant.GlusterNamespace),
		right("list", "", "pods", meant.GlusterNamespace),
		right("get", "apps", "deployments", meant.GlusterNamespace),
		right("get", "", "services", meant.GlusterNamespace),
		right("list", glustercluster.Resource.Group, glustercluster.Resource.Resource, ""),
	}
}
