package preflight

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
)

// hosts is how GlusterFS and heketi in Kubernetes are. Where they are not installed, there is nothing to say.
func (f Facts) hosts() []Line {
	lines := f.glusterPods()
	lines = append(lines, f.heketi()...)
	if f.Disks.Err != nil {
		return append(lines, untold("glusterclusters", f.Disks.Err))
	}
	for _, object := range f.Disks.Value {
		lines = append(lines, disksOf(object))
	}
	return lines
}

// glusterPods is whether the GlusterFS pods run on the nodes that are to have one.
func (f Facts) glusterPods() []Line {
	const what = "glusterfs pods"
	switch {
	case f.Hosts.Err != nil:
		return []Line{untold(what, f.Hosts.Err)}
	case !f.Hosts.There && len(f.Disks.Value) == 0:
		return nil
	case !f.Hosts.There:
		return []Line{{what, verdict.Wrong, fmt.Sprintf("there is no DaemonSet %s/%s, so volumes on these nodes are not served", f.Installed.GlusterNamespace, installed.HostDaemonSet), "kubectl apply -f deploy/glusterfs/"}}
	}
	status := f.Hosts.Value.Status
	line := Line{what, verdict.Fine, fmt.Sprintf("%d of %d are ready", status.NumberReady, status.DesiredNumberScheduled), ""}
	if status.NumberReady < status.DesiredNumberScheduled {
		line.State = verdict.Wrong
		line.Remedy = lookAtPods(f.Hosts.Value, len(f.HostPods.Value), fmt.Sprintf("kubectl -n %s describe pods -l app.kubernetes.io/name=%s", f.Installed.GlusterNamespace, installed.HostDaemonSet))
		if unready := unreadyOn(f.HostPods.Value); len(unready) > 0 {
			line.Says += "; not on " + strings.Join(unready, ", ")
		}
	}
	return []Line{line}
}

// heketi is whether the keeper runs heketi.
func (f Facts) heketi() []Line {
	const what = "heketi"
	switch {
	case f.Keeper.Err != nil:
		return []Line{untold(what, f.Keeper.Err)}
	case !f.Keeper.There && len(f.Disks.Value) == 0:
		return nil
	case !f.Keeper.There:
		return []Line{{what, verdict.Wrong, fmt.Sprintf("there is no Deployment %s/%s, so volumes are neither made nor deleted", f.Installed.GlusterNamespace, installed.KeeperDeployment), "kubectl apply -f deploy/heketi/"}}
	}
	wanted, ready := replicasOf(f.Keeper.Value), f.Keeper.Value.Status.ReadyReplicas
	switch {
	case wanted == 0:
		return []Line{{what, verdict.Wrong, "its Deployment has 0 replicas, so volumes are neither made nor deleted", fmt.Sprintf("kubectl -n %s scale deployment %s --replicas=1", f.Installed.GlusterNamespace, installed.KeeperDeployment)}}
	case ready == 0:
		return []Line{{what, verdict.Wrong, "no pod of it is ready", fmt.Sprintf("kubectl -n %s describe pods -l app.kubernetes.io/name=%s", f.Installed.GlusterNamespace, installed.KeeperDeployment)}}
	}
	return []Line{f.reached(what)}
}

// reached is whether heketi, which runs, has the name that classes know it by.
func (f Facts) reached(what string) Line {
	switch {
	case f.Service.Err != nil:
		return untold(what, f.Service.Err)
	case !f.Service.There:
		return Line{what, verdict.Wrong, fmt.Sprintf("it runs, and there is no Service %s/%s, so nobody reaches it", f.Installed.GlusterNamespace, installed.KeeperService), "kubectl apply -f deploy/heketi/"}
	}
	return Line{what, verdict.Fine, "it runs", ""}
}

// replicasOf is how many pods a Deployment is to have.
func replicasOf(deployment *appsv1.Deployment) int32 {
	if deployment.Spec.Replicas == nil {
		return 1
	}
	return *deployment.Spec.Replicas
}

// disksOf is what a GlusterCluster says of itself.
func disksOf(object *glustercluster.Object) Line {
	what := strings.ToLower(glustercluster.Kind) + " " + object.Name
	describe := "kubectl describe glustercluster " + object.Name
	ready := meta.FindStatusCondition(object.Status.Conditions, disks.ConditionReady)
	blocked := meta.FindStatusCondition(object.Status.Conditions, disks.ConditionRemovalBlocked)
	switch {
	case ready == nil || ready.ObservedGeneration != object.Generation:
		return Line{what, verdict.Wrong, "no keeper has looked at it as it is now", "see whether heketi runs, and whether spec.heketi names it"}
	case blocked != nil && blocked.Status == metav1.ConditionTrue:
		return Line{what, verdict.Wrong, "it was deleted, and stays: " + blocked.Message, describe}
	case object.IsGoing():
		return Line{what, verdict.Waits, "it is being removed", ""}
	case ready.Reason == disks.Adding:
		return Line{what, verdict.Waits, ready.Message, ""}
	case ready.Status != metav1.ConditionTrue:
		return Line{what, verdict.Wrong, ready.Reason + ": " + ready.Message, describe}
	}
	return ofReady(what, describe, object)
}

// ofReady is what there is to say of an object that is ready.
func ofReady(what, describe string, object *glustercluster.Object) Line {
	draining := meta.FindStatusCondition(object.Status.Conditions, disks.ConditionDraining)
	differs := meta.FindStatusCondition(object.Status.Conditions, disks.ConditionInSync)
	switch {
	case draining != nil && draining.Reason == disks.DrainBlocked:
		return Line{what, verdict.Wrong, "a drain does not go on: " + draining.Message, describe}
	case draining != nil && draining.Status == metav1.ConditionTrue:
		return Line{what, verdict.Waits, draining.Message, ""}
	case differs != nil && differs.Status == metav1.ConditionFalse:
		return Line{what, verdict.Wrong, "heketi has it otherwise: " + differs.Message, describe}
	}
	return Line{what, verdict.Fine, fmt.Sprintf("%s nodes and %s disks are ready", object.Status.Summary.Nodes, object.Status.Summary.Devices), ""}
}
