package glusterpods

import (
	"testing"

	v1 "k8s.io/api/core/v1"
)

func ended(status int32, message string) v1.ContainerState {
	return v1.ContainerState{Terminated: &v1.ContainerStateTerminated{ExitCode: status, Message: message}}
}

func waits(reason, message string) v1.ContainerState {
	return v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: message}}
}

// TestWhyNotReady has pods that do not start, each for another reason.
func TestWhyNotReady(t *testing.T) {
	for name, test := range map[string]struct {
		preflight, host *v1.ContainerStatus
		want            string
	}{
		"nothing is known": {nil, nil, "no node fits"},
		"it starts":        {&v1.ContainerStatus{State: waits("PodInitializing", "")}, &v1.ContainerStatus{State: waits("PodInitializing", "")}, "PodInitializing"},
		"no image":         {&v1.ContainerStatus{State: ended(0, "")}, &v1.ContainerStatus{State: waits("ErrImagePull", "not found")}, "ErrImagePull not found"},
		"no image of the first": {
			&v1.ContainerStatus{State: waits("ErrImagePull", "not found")}, &v1.ContainerStatus{State: waits("PodInitializing", "")},
			"its container preflight does not let it start; ErrImagePull not found",
		},
		"the node lacks something": {
			&v1.ContainerStatus{State: waits("CrashLoopBackOff", "back-off 10s"), LastTerminationState: ended(1, "modules: dm_thin_pool is missing\n")},
			&v1.ContainerStatus{State: waits("PodInitializing", "")},
			"its container preflight does not let it start; CrashLoopBackOff back-off 10s; it ended with status 1: modules: dm_thin_pool is missing",
		},
		"the host ends":      {&v1.ContainerStatus{State: ended(0, "")}, &v1.ContainerStatus{State: ended(2, "port 24007 is taken")}, "it ended with status 2: port 24007 is taken"},
		"it runs, not ready": {&v1.ContainerStatus{State: ended(0, "")}, &v1.ContainerStatus{State: v1.ContainerState{Running: &v1.ContainerStateRunning{}}}, ""},
	} {
		pod := &v1.Pod{Spec: v1.PodSpec{Containers: []v1.Container{{Name: "glusterfs"}}}}
		pod.Status.Conditions = []v1.PodCondition{{Type: v1.PodScheduled, Status: v1.ConditionFalse, Message: "no node fits"}}
		if test.preflight != nil {
			test.preflight.Name, test.host.Name = "preflight", "glusterfs"
			pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses = []v1.ContainerStatus{*test.preflight}, []v1.ContainerStatus{*test.host}
		}
		if got := WhyNotReady(pod); got != test.want {
			t.Errorf("%s: is told %q, want %q", name, got, test.want)
		}
	}
}
