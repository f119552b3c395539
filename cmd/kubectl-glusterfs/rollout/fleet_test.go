package rollout

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestOlder has pods that do not run first, and leaves out those that are deleted already, and others' pods.
func TestOlder(t *testing.T) {
	deleted, others := podOn("node-2", "old"), podOn("node-5", "old")
	deleted.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	others.OwnerReferences = nil
	daemonSet := daemonSet()
	// The template of "new" was used before, and is used again.
	revisions := []appsv1.ControllerRevision{*revision(daemonSet, 3, "new"), *revision(daemonSet, 2, "bad"), *revision(daemonSet, 1, "old")}
	f := newFleet(daemonSet, revisions, []v1.Pod{*podOn("node-4", "old"), *podOn("node-1", "old"), *deleted, *down(podOn("node-3", "bad")), *podOn("node-6", "new"), *others})
	got := ""
	for _, pod := range f.older() {
		got += pod.Spec.NodeName + " "
	}
	if want := "node-3 node-1 node-4 "; got != want {
		t.Errorf("older are the pods of %s, want %s", got, want)
	}
}

// TestPodProblem says why a pod is not ready as far as the pod tells it.
func TestPodProblem(t *testing.T) {
	const called = "pod glusterfs-new-node-1 on node node-1 "
	for want, change := range map[string]func(*v1.Pod){
		"":                          func(*v1.Pod) {},
		called + "is being deleted": func(pod *v1.Pod) { pod.DeletionTimestamp = &metav1.Time{Time: time.Now()} },
		called + "is not ready":     func(pod *v1.Pod) { pod.Status.Conditions[0].Status = v1.ConditionFalse },
		called + "is not ready: no node fits": func(pod *v1.Pod) {
			pod.Status = v1.PodStatus{Conditions: []v1.PodCondition{{Type: v1.PodScheduled, Status: v1.ConditionFalse, Message: "no node fits"}}}
		},
		called + "is not ready: CrashLoopBackOff back-off 10s; it ended with status 1: port 24007 is taken": func(pod *v1.Pod) { down(pod) },
		called + "is not ready: Evicted The node was low on resource: memory": func(pod *v1.Pod) {
			pod.Status = v1.PodStatus{Phase: v1.PodFailed, Reason: "Evicted", Message: "The node was low on resource: memory"}
		},
	} {
		pod := podOn("node-1", "new")
		change(pod)
		if got := podProblem(pod); got != want {
			t.Errorf("is told %q, want %q", got, want)
		}
	}
}

// TestFleetProblems counts pods that there should be, and those that would not come back.
func TestFleetProblems(t *testing.T) {
	tainted := daemonSet()
	tainted.Status = appsv1.DaemonSetStatus{DesiredNumberScheduled: 1, NumberMisscheduled: 1}
	f := newFleet(tainted, nil, []v1.Pod{*podOn("node-1", "new"), *podOn("node-2", "new")})
	if got := inWords(f.problems()); !strings.HasPrefix(got, "1 GlusterFS pods are on nodes that would get no new one") {
		t.Errorf("is told %q", got)
	}
	f = newFleet(daemonSet(), nil, []v1.Pod{*podOn("node-1", "new"), *podOn("node-2", "new")})
	if got := inWords(f.problems()); got != "of 3 GlusterFS pods there are 2" {
		t.Errorf("is told %q", got)
	}
}
