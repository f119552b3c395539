package bundle

import (
	"context"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/keeper/glustercluster"
)

// hosts adds what there is of GlusterFS and heketi in Kubernetes: GlusterClusters, the nodes that have a GlusterFS pod,
// what deploy/glusterfs/ and deploy/heketi/ make, and the pods. A cluster that has nothing of it gets no file for it.
func (g *gathering) hosts(ctx context.Context) []*v1.Pod {
	g.addSome("gluster/glusterclusters.yaml", g.listIfKnown(ctx, glustercluster.Resource))
	g.addSome("gluster/nodes.yaml", g.list(ctx, nodes, metav1.NamespaceAll, metav1.ListOptions{LabelSelector: glustercluster.LabelStorageNode}))
	for _, kind := range []schema.GroupVersionResource{daemonSets, deployments, services, leases} {
		g.addSome("gluster/"+kind.Resource+".yaml", g.list(ctx, kind, g.Installed.GlusterNamespace, metav1.ListOptions{}))
	}
	g.addSome("gluster/configmaps.yaml", choose(g, g.list(ctx, configMaps, g.Installed.GlusterNamespace, metav1.ListOptions{}), func(found *v1.ConfigMap) bool {
		return found.Name != clusterAuthorities
	}))
	var hosts []*v1.Pod
	g.addSome("gluster/pods.yaml", choose(g, g.list(ctx, pods, g.Installed.GlusterNamespace, metav1.ListOptions{}), func(pod *v1.Pod) bool {
		g.logs(ctx, pod)
		g.metrics(ctx, pod)
		if pod.Labels["app.kubernetes.io/name"] == installed.HostDaemonSet {
			hosts = append(hosts, pod)
		}
		return true
	}))
	return hosts
}

// clusterAuthorities is the ConfigMap that Kubernetes makes in each namespace.
const clusterAuthorities = "kube-root-ca.crt"

// addSome adds a file with objects, if there are any.
func (g *gathering) addSome(name string, objects []unstructured.Unstructured) {
	if len(objects) > 0 {
		g.addObjects(name, objects)
	}
}

// listIfKnown returns all objects of a kind; none if the cluster does not know it.
func (g *gathering) listIfKnown(ctx context.Context, kind schema.GroupVersionResource) []unstructured.Unstructured {
	list, err := g.Dynamic.Resource(kind).List(ctx, metav1.ListOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		g.miss(kind.Resource, err)
		return nil
	}
	return list.Items
}

// isAboutHosts says whether an event tells of GlusterFS or heketi in Kubernetes.
func (g *gathering) isAboutHosts(event *v1.Event) bool {
	return event.InvolvedObject.Kind == glustercluster.Kind || event.Namespace == g.Installed.GlusterNamespace
}
