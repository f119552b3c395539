package rollout

import (
	"cmp"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/glusterpods"
)

// fleet are the pods of a DaemonSet, by the names of their nodes.
type fleet struct {
	daemonSet *appsv1.DaemonSet
	// revision is what pods of the present template have as their label controller-revision-hash.
	revision string
	pods     []*v1.Pod
}

// newFleet returns the pods and the revision of a DaemonSet, out of pods and revisions that may be others', too.
func newFleet(daemonSet *appsv1.DaemonSet, revisions []appsv1.ControllerRevision, pods []v1.Pod) fleet {
	f := fleet{daemonSet: daemonSet}
	newest := int64(-1)
	for i := range revisions {
		// Of several, that with the highest number is of the present template: one that is used again gets a new number.
		if revision := &revisions[i]; metav1.IsControlledBy(revision, daemonSet) && revision.Revision > newest {
			newest, f.revision = revision.Revision, revision.Labels[appsv1.ControllerRevisionHashLabelKey]
		}
	}
	for i := range pods {
		if metav1.IsControlledBy(&pods[i], daemonSet) {
			f.pods = append(f.pods, &pods[i])
		}
	}
	slices.SortFunc(f.pods, func(a, b *v1.Pod) int {
		return cmp.Or(cmp.Compare(a.Spec.NodeName, b.Spec.NodeName), a.CreationTimestamp.Compare(b.CreationTimestamp.Time))
	})
	return f
}

// older are the pods that do not have the present template, and that nobody has deleted yet. Those whose
// container does not run come first: no brick is lost with them, and nothing gets whole without them.
func (f fleet) older() []*v1.Pod {
	var down, up []*v1.Pod
	for _, pod := range f.pods {
		switch {
		case pod.DeletionTimestamp != nil || pod.Labels[appsv1.ControllerRevisionHashLabelKey] == f.revision:
		case glusterpods.IsRunning(pod):
			up = append(up, pod)
		default:
			down = append(down, pod)
		}
	}
	return append(down, up...)
}

// problems says what is wrong with the pods.
func (f fleet) problems() []string {
	var problems []string
	for _, pod := range f.pods {
		if problem := podProblem(pod); problem != "" {
			problems = append(problems, problem)
		}
	}
	if has, wants := len(f.pods), int(f.daemonSet.Status.DesiredNumberScheduled); has < wants {
		problems = append(problems, fmt.Sprintf("of %d GlusterFS pods there are %d", wants, has))
	}
	if left := f.daemonSet.Status.NumberMisscheduled; left > 0 {
		problems = append(problems, fmt.Sprintf("%d GlusterFS pods are on nodes that would get no new one, since a taint or another label was added (kubectl describe node). To do: take it away, or add a toleration to the DaemonSet", left))
	}
	return problems
}

// successor is the newest pod of a pod's node that is another one; nil if there is none.
func (f fleet) successor(of *v1.Pod) *v1.Pod {
	var newest *v1.Pod
	for _, pod := range f.pods {
		if pod.Spec.NodeName == of.Spec.NodeName && pod.UID != of.UID {
			newest = pod
		}
	}
	return newest
}
