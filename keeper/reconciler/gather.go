package reconciler

import (
	"context"
	"fmt"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/glusterpods"
	"glusterfs-provisioner/keeper/heketiapi"
	"glusterfs-provisioner/provisioner/volume"
)

// labelPod is the label by whose key heketi finds GlusterFS pods, see pkg/remoteexec/kube/target.go there.
const labelPod = "glusterfs-node"

// pageSize is how many PersistentVolumes are read at a time.
const pageSize = 500

// gather reads what is around an object.
func (r *Reconciler) gather(ctx context.Context, one *object, all []*object) (disks.Facts, error) {
	facts := disks.Facts{Now: time.Now(), Failures: r.failuresOf(one.state.Name)}
	for _, other := range all {
		if other != one {
			facts.Others = append(facts.Others, other.state)
		}
	}
	var err error
	if facts.Clusters, err = r.config.Heketi.Clusters(ctx); err != nil {
		return facts, fmt.Errorf("cannot read what heketi has: %w", err)
	}
	if facts.Nodes, err = r.nodes(ctx, one.state); err != nil {
		return facts, err
	}
	if facts.Pods, err = r.pods(ctx); err != nil {
		return facts, err
	}
	if !one.state.IsGoing() {
		return facts, r.gatherDrains(ctx, one.state, &facts)
	}
	if facts.Operations, err = r.config.Heketi.Operations(ctx); err != nil {
		return facts, fmt.Errorf("cannot read what heketi is doing: %w", err)
	}
	facts.PersistentVolumes, err = r.persistentVolumes(ctx)
	return facts, err
}

// gatherDrains reads what is needed to drain something of an object.
func (r *Reconciler) gatherDrains(ctx context.Context, state *glustercluster.Object, facts *disks.Facts) error {
	if !state.Spec.Drains() {
		return nil
	}
	facts.Gluster, facts.Moved = r.wordOf(ctx, state, facts.Pods), r.moved
	facts.Volumes = map[string]heketiapi.Volume{}
	for _, cluster := range facts.Clusters {
		if !slices.ContainsFunc(cluster.Nodes, func(node heketiapi.Node) bool { return state.Spec.Lists(node.Name) }) {
			continue
		}
		for _, id := range cluster.Volumes {
			volume, is, err := r.volume(ctx, id)
			if err != nil {
				return fmt.Errorf("cannot read heketi's volume %s: %w", id, err)
			}
			if is {
				facts.Volumes[id] = volume
			}
		}
	}
	return nil
}

// volume reads a volume of heketi; false if there is none with files.
func (r *Reconciler) volume(ctx context.Context, id string) (heketiapi.Volume, bool, error) {
	if known, is := r.volumes[id]; is {
		return known, true, nil
	}
	read, err := r.config.Heketi.Volume(ctx, id)
	if err != nil || read == nil {
		return heketiapi.Volume{}, false, err
	}
	r.volumes[id] = *read
	return *read, true, nil
}

func (r *Reconciler) failuresOf(name string) disks.Failures {
	if r.failures[name] == nil {
		r.failures[name] = disks.Failures{}
	}
	return r.failures[name]
}

// nodes reads the listed nodes.
func (r *Reconciler) nodes(ctx context.Context, state *glustercluster.Object) (map[string]disks.KubernetesNode, error) {
	nodes := map[string]disks.KubernetesNode{}
	for _, listed := range state.Spec.Nodes {
		node, err := r.config.Client.CoreV1().Nodes().Get(ctx, listed.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read node %s: %w", listed.Name, err)
		}
		known := disks.KubernetesNode{HasLabel: node.Labels[glustercluster.LabelStorageNode] == labelOn}
		for _, address := range node.Status.Addresses {
			if address.Type == v1.NodeInternalIP && known.Address == "" {
				known.Address = address.Address
			}
		}
		nodes[listed.Name] = known
	}
	return nodes, nil
}

// pods reads the GlusterFS pods. Of two on a node, one that is ready counts, as while one follows the other.
func (r *Reconciler) pods(ctx context.Context) (map[string]disks.Pod, error) {
	list, err := r.config.Client.CoreV1().Pods(r.config.Namespace).List(ctx, metav1.ListOptions{LabelSelector: labelPod})
	if err != nil {
		return nil, fmt.Errorf("cannot list the GlusterFS pods: %w", err)
	}
	pods := map[string]disks.Pod{}
	for i := range list.Items {
		pod := &list.Items[i]
		if known := pods[pod.Spec.NodeName]; !known.Ready {
			pods[pod.Spec.NodeName] = disks.Pod{
				Name: pod.Name, Container: pod.Spec.Containers[0].Name, Ready: isReady(pod),
				Why: glusterpods.WhyNotReady(pod), Going: pod.DeletionTimestamp != nil,
			}
		}
	}
	return pods, nil
}

// isReady says whether a pod is ready, and stays.
func isReady(pod *v1.Pod) bool { return pod.DeletionTimestamp == nil && glusterpods.IsReady(pod) }

// persistentVolumes reads which PersistentVolumes have volumes in which cluster.
func (r *Reconciler) persistentVolumes(ctx context.Context) (map[string][]string, error) {
	byCluster := map[string][]string{}
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := r.config.Client.CoreV1().PersistentVolumes().List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("cannot tell whether there are PersistentVolumes: %w", err)
		}
		for i := range page.Items {
			if cluster := volume.ClusterOf(&page.Items[i]); cluster != "" {
				byCluster[cluster] = append(byCluster[cluster], page.Items[i].Name)
			}
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return byCluster, nil
		}
	}
}
