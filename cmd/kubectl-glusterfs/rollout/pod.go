package rollout

import (
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// runs says whether the pod's first container runs, and so maybe bricks.
func runs(pod *v1.Pod) bool {
	status := hostStatus(pod)
	return status != nil && status.State.Running != nil
}

// hostStatus is the state of the pod's first container, in which GlusterFS is; nil if kubelet has not told it yet.
func hostStatus(pod *v1.Pod) *v1.ContainerStatus {
	for i := range pod.Status.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].Name == pod.Spec.Containers[0].Name {
			return &pod.Status.ContainerStatuses[i]
		}
	}
	return nil
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
	return called + "is not ready" + reason(pod)
}

// reason says as far as the pod tells it why it is not ready.
func reason(pod *v1.Pod) string {
	var says []string
	if pod.Status.Reason != "" { // such as Evicted
		says = append(says, strings.TrimSpace(pod.Status.Reason+" "+pod.Status.Message))
	}
	status := hostStatus(pod)
	if status == nil {
		for _, condition := range pod.Status.Conditions {
			if condition.Status == v1.ConditionFalse && condition.Message != "" {
				says = append(says, condition.Message)
			}
		}
	} else {
		if waiting := status.State.Waiting; waiting != nil {
			says = append(says, strings.TrimSpace(waiting.Reason+" "+waiting.Message))
		}
		for _, ended := range []*v1.ContainerStateTerminated{status.State.Terminated, status.LastTerminationState.Terminated} {
			if ended != nil {
				says = append(says, strings.TrimSpace(fmt.Sprintf("it ended with status %d: %s", ended.ExitCode, strings.TrimSpace(ended.Message))))
				break
			}
		}
	}
	if len(says) == 0 {
		return ""
	}
	return ": " + strings.Join(says, "; ")
}
