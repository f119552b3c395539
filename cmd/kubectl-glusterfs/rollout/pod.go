package rollout

import (
	"fmt"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/keeper/glusterpods"
)

// podProblem says why a pod does not serve its bricks; it is empty if it does.
func podProblem(pod *v1.Pod) string {
	called := fmt.Sprintf("pod %s on node %s ", pod.Name, pod.Spec.NodeName)
	switch {
	case pod.DeletionTimestamp != nil:
		return called + "is being deleted"
	case glusterpods.IsReady(pod):
		return ""
	}
	if why := glusterpods.WhyNotReady(pod); why != "" {
		return called + "is not ready: " + why
	}
	return called + "is not ready"
}
