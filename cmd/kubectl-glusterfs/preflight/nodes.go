package preflight

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/volume"
)

// nodes is whether the node plugin runs everywhere, and kubelets know it. Where it is not
// installed, there is nothing to say.
func (f Facts) nodes() []Line {
	const what = "node plugin"
	switch {
	case f.DaemonSet.Err != nil:
		return []Line{untold(what, f.DaemonSet.Err)}
	case !f.DaemonSet.There && f.Driver.There:
		return []Line{{what, verdict.Unknown, fmt.Sprintf("there is no DaemonSet %s/%s; it may be installed under another name", installed.NodeNamespace, installed.DaemonSet), "if it is not installed: kubectl apply -f deploy/csi/"}}
	case !f.DaemonSet.There:
		return nil
	}
	status := f.DaemonSet.Value.Status
	line := Line{what, verdict.Fine, fmt.Sprintf("%d of %d pods are ready", status.NumberReady, status.DesiredNumberScheduled), ""}
	if unready := unreadyOn(f.Pods.Value); status.NumberReady < status.DesiredNumberScheduled {
		line.State, line.Remedy = verdict.Wrong, lookAtPods(f.DaemonSet.Value, len(f.Pods.Value), "kubectl -n "+installed.NodeNamespace+" describe pods")
		if len(unready) > 0 {
			line.Says += "; not on " + strings.Join(unready, ", ")
		}
	}
	return []Line{line, f.registered(), f.servers()}
}

// lookAtPods is how to see why pods of a DaemonSet are not ready: from those that there are, unless some are missing.
func lookAtPods(set *appsv1.DaemonSet, pods int, describe string) string {
	if pods < int(set.Status.DesiredNumberScheduled) {
		return fmt.Sprintf("kubectl -n %s describe daemonset %s", set.Namespace, set.Name)
	}
	return describe
}

// servers is whether the node plugin reads the servers where the provisioner keeps them.
func (f Facts) servers() Line {
	const what = "servers"
	reads := namespaceRead(f.DaemonSet.Value)
	switch {
	case reads != f.Installed.Namespace:
		return Line{what, verdict.Wrong, fmt.Sprintf("the node plugin reads them in namespace %s, and the provisioner is in %s", reads, f.Installed.Namespace),
			fmt.Sprintf("give it --provisioner-namespace=%s: docs/upgrading.md, another namespace", f.Installed.Namespace)}
	case f.Present.Err != nil:
		return untold(what, f.Present.Err)
	case len(f.Present.Value.Missing) > 0:
		return Line{what, verdict.Wrong, fmt.Sprintf("the node plugin may not read ConfigMaps of namespace %s", f.Installed.Namespace),
			fmt.Sprintf("apply the Role and the RoleBinding of deploy/csi/10-rbac.yaml in namespace %s", f.Installed.Namespace)}
	}
	return Line{what, verdict.Fine, fmt.Sprintf("the node plugin reads them in namespace %s", reads), ""}
}

// namespaceRead returns where the node plugin looks for the servers of clusters.
func namespaceRead(set *appsv1.DaemonSet) string {
	for _, container := range set.Spec.Template.Spec.Containers {
		for _, argument := range container.Args {
			if namespace, is := strings.CutPrefix(argument, "--provisioner-namespace="); is {
				return namespace
			}
		}
	}
	return installed.Namespace
}

// unreadyOn returns the nodes whose pod is not ready.
func unreadyOn(pods []v1.Pod) []string {
	var nodes []string
	for _, pod := range pods {
		if !isReady(&pod) && pod.Spec.NodeName != "" {
			nodes = append(nodes, pod.Spec.NodeName)
		}
	}
	slices.Sort(nodes)
	return nodes
}

func isReady(pod *v1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c v1.PodCondition) bool { return c.Type == v1.PodReady && c.Status == v1.ConditionTrue })
}

// registered is whether the kubelets of nodes with a plugin know it.
func (f Facts) registered() Line {
	const what = "registrations"
	switch {
	case f.Nodes.Err != nil:
		return untold(what, f.Nodes.Err)
	case f.Pods.Err != nil:
		return untold(what, f.Pods.Err)
	}
	known := map[string]bool{}
	for _, node := range f.Nodes.Value {
		known[node.Name] = slices.ContainsFunc(node.Spec.Drivers, func(d storagev1.CSINodeDriver) bool { return d.Name == volume.Driver })
	}
	var unknown []string
	for _, pod := range f.Pods.Value {
		if isReady(&pod) && !known[pod.Spec.NodeName] {
			unknown = append(unknown, pod.Spec.NodeName)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return Line{what, verdict.Wrong, "kubelet does not know the plugin on " + strings.Join(unknown, ", "), "see whether kubelet's folder is another one there: deploy/csi-variants/ (docs/node-plugin.md)"}
	}
	return Line{what, verdict.Fine, fmt.Sprintf("kubelet knows the plugin on %d nodes", len(f.Pods.Value)), ""}
}
