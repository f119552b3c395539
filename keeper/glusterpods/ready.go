package glusterpods

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// IsReady says whether a pod is ready, by its condition.
func IsReady(pod *v1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c v1.PodCondition) bool { return c.Type == v1.PodReady && c.Status == v1.ConditionTrue })
}

// IsRunning says whether the pod's first container runs, and so maybe bricks, and commands can be run there.
func IsRunning(pod *v1.Pod) bool {
	status := HostStatus(pod)
	return status != nil && status.State.Running != nil
}

// WhyNotReady says why a GlusterFS pod is not ready, as far as the pod itself tells it: why it is not scheduled, why its image is not there,
// what the node lacks, or how GlusterFS has ended. It is empty if the pod does not tell.
func WhyNotReady(pod *v1.Pod) string {
	var says []string
	if pod.Status.Reason != "" { // such as Evicted
		says = append(says, strings.TrimSpace(pod.Status.Reason+" "+pod.Status.Message))
	}
	for i := range pod.Status.InitContainerStatuses {
		if said := ofInit(&pod.Status.InitContainerStatuses[i]); len(said) > 0 {
			return strings.Join(append(says, said...), "; ")
		}
	}
	if status := HostStatus(pod); status != nil {
		says = append(says, ofContainer(status)...)
	} else {
		says = append(says, ofConditions(pod)...)
	}
	return strings.Join(says, "; ")
}

// HostStatus is the state of the pod's first container, in which GlusterFS is; nil if kubelet has not told it yet.
func HostStatus(pod *v1.Pod) *v1.ContainerStatus {
	for i := range pod.Status.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].Name == pod.Spec.Containers[0].Name {
			return &pod.Status.ContainerStatuses[i]
		}
	}
	return nil
}

// ofInit is what keeps the containers after one from being started. One that has only to be waited for is not told of.
func ofInit(status *v1.ContainerStatus) []string {
	ended := status.State.Terminated
	if status.State.Running != nil || ended != nil && ended.ExitCode == 0 {
		return nil
	}
	if waiting := status.State.Waiting; waiting != nil && waiting.Message == "" && status.LastTerminationState.Terminated == nil {
		return nil
	}
	return append([]string{"its container " + status.Name + " does not let it start"}, ofContainer(status)...)
}

// ofContainer is what a container waits for, and how it has ended last.
func ofContainer(status *v1.ContainerStatus) (says []string) {
	if waiting := status.State.Waiting; waiting != nil {
		says = append(says, strings.TrimSpace(waiting.Reason+" "+waiting.Message))
	}
	for _, ended := range []*v1.ContainerStateTerminated{status.State.Terminated, status.LastTerminationState.Terminated} {
		if ended != nil {
			return append(says, strings.TrimSpace(fmt.Sprintf("it ended with status %d: %s", ended.ExitCode, strings.TrimSpace(ended.Message))))
		}
	}
	return says
}

// ofConditions is why kubelet has nothing of it, such as that no node fits.
func ofConditions(pod *v1.Pod) (says []string) {
	for _, condition := range pod.Status.Conditions {
		if condition.Status == v1.ConditionFalse && condition.Message != "" {
			says = append(says, condition.Message)
		}
	}
	return says
}
