package rollout

import (
	"fmt"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/keeper/glusterpods"
)

// runs says whether the pod's first container runs, and so maybe bricks.
func runs(pod *v1.Pod) bool {
	status := glusterpods.HostStatus(pod)
	return status != nil && status.State.Running != nil
}

func isReady(pod *v1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == v1.PodReady {
			return condition.Status == v1.ConditionTrue
		}
	}
	return false
}

// podProblem says why a pod does not serve its bricks; it is empty if it does.
func podProblem(pod *v1.Pod) string {
	called := fmt.Sprintf("pod %s on node %s ", pod.Name, pod.Spec.NodeName)
	switch {
	case pod.DeletionTimestamp != nil:
		return called + "is being deleted"
	case isReady(pod):
		return ""
	}
	if why := glusterpods.WhyNotReady(pod); why != "" {
		return called + "is not ready: " + why
	}
	return called + "is not ready"
}
