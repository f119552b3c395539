package rollout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"glusterfs-provisioner/keeper/maintenance"
)

// scene is an API server with three GlusterFS pods of an older template, and the gluster of their pool.
type scene struct {
	*Rollout
	*imitation
	client *fake.Clientset
	// healing is how many entries have to heal after each new pod.
	healing int
	// breaks is a node whose new pod does not get ready; allowed are the verbs that who types may.
	breaks string
	denied string
	// unrenewable says that the API server does not answer who renews a Lease.
	unrenewable atomic.Bool
	// newer says that new pods have a GlusterFS that drops the option.
	newer bool
	// said is what was told, and deleted which pods were, with what was missing then.
	said    []string
	deleted []string
}

var labels = map[string]string{"app.kubernetes.io/name": "glusterfs"}

func newScene(t *testing.T, pods ...*v1.Pod) *scene {
	t.Helper()
	s := &scene{imitation: &imitation{volumes: 1, replicas: 3, drops: map[string]bool{}, met: map[string]string{}}}
	daemonSet := daemonSet()
	objects := []runtime.Object{daemonSet, revision(daemonSet, 1, "old"), revision(daemonSet, 2, "new")}
	for _, pod := range pods {
		objects = append(objects, pod)
	}
	s.client = fake.NewSimpleClientset(objects...)
	s.client.PrependReactor("create", "selfsubjectaccessreviews", s.review)
	s.client.PrependReactor("delete", "pods", s.replacePod)
	s.client.PrependReactor("update", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
		return s.unrenewable.Load(), nil, errors.New("the API server is away")
	})
	s.Rollout = &Rollout{
		Options: Options{Namespace: "glusterfs", DaemonSet: "glusterfs", Timeout: time.Minute},
		Client:  s.client, Run: s.run, Tell: func(sentence string) { s.said = append(s.said, sentence) },
		Lease: s.leaseOf("anna"),
	}
	return s
}

func (s *scene) leaseOf(who string) *maintenance.Lease {
	return maintenance.New(s.client.CoordinationV1(), "glusterfs", who)
}

func daemonSet() *appsv1.DaemonSet {
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "glusterfs", Name: "glusterfs", UID: "daemonset"},
		Spec: appsv1.DaemonSetSpec{
			Selector:       &metav1.LabelSelector{MatchLabels: labels},
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{Type: appsv1.OnDeleteDaemonSetStrategyType},
		},
		Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 3},
	}
}

func controlledBy(daemonSet *appsv1.DaemonSet) []metav1.OwnerReference {
	return []metav1.OwnerReference{*metav1.NewControllerRef(daemonSet, appsv1.SchemeGroupVersion.WithKind("DaemonSet"))}
}

func revision(daemonSet *appsv1.DaemonSet, number int64, hash string) *appsv1.ControllerRevision {
	return &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "glusterfs", Name: "glusterfs-" + hash, OwnerReferences: controlledBy(daemonSet),
			Labels: map[string]string{appsv1.ControllerRevisionHashLabelKey: hash, "app.kubernetes.io/name": "glusterfs"},
		},
		Revision: number,
	}
}

// podOn returns a pod of a template that is ready.
func podOn(node, hash string) *v1.Pod {
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "glusterfs", Name: "glusterfs-" + hash + "-" + node, UID: types.UID(hash + node), OwnerReferences: controlledBy(daemonSet()),
			Labels: map[string]string{appsv1.ControllerRevisionHashLabelKey: hash, "app.kubernetes.io/name": "glusterfs"},
		},
		Spec: v1.PodSpec{NodeName: node, Containers: []v1.Container{{Name: "glusterfs"}}},
		Status: v1.PodStatus{
			Conditions:        []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue}},
			ContainerStatuses: []v1.ContainerStatus{{Name: "glusterfs", State: v1.ContainerState{Running: &v1.ContainerStateRunning{}}}},
		},
	}
}

// down makes of a pod one that does not start.
func down(pod *v1.Pod) *v1.Pod {
	pod.Status = v1.PodStatus{
		Conditions: []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionFalse}},
		ContainerStatuses: []v1.ContainerStatus{{
			Name:                 "glusterfs",
			State:                v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 10s"}},
			LastTerminationState: v1.ContainerState{Terminated: &v1.ContainerStateTerminated{ExitCode: 1, Message: "port 24007 is taken\n"}},
		}},
	}
	return pod
}

func oldPods() []*v1.Pod {
	return []*v1.Pod{podOn("node-1", "old"), podOn("node-2", "old"), podOn("node-3", "old")}
}

func (s *scene) review(action clienttesting.Action) (bool, runtime.Object, error) {
	review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectAccessReview)
	review.Status.Allowed = review.Spec.ResourceAttributes.Verb != s.denied
	return true, review, nil
}

// replacePod deletes a pod, and makes the next as the DaemonSet's controller does.
func (s *scene) replacePod(action clienttesting.Action) (bool, runtime.Object, error) {
	name := action.(clienttesting.DeleteAction).GetName()
	pods := v1.SchemeGroupVersion.WithResource("pods")
	object, err := s.client.Tracker().Get(pods, "glusterfs", name)
	if err != nil {
		return true, nil, err
	}
	node := object.(*v1.Pod).Spec.NodeName
	s.deleted = append(s.deleted, fmt.Sprintf("%s with %d to heal", node, s.toHeal))
	s.toHeal = s.healing
	if s.newer {
		s.drops[node] = true
		s.meets(node)
	}
	next := podOn(node, "new")
	if node == s.breaks {
		down(next)
	}
	if err := s.client.Tracker().Delete(pods, "glusterfs", name); err != nil {
		return true, nil, err
	}
	return true, nil, s.client.Tracker().Add(next)
}

// says fails the test unless one of the sentences has the text.
func (s *scene) says(t *testing.T, text string) {
	t.Helper()
	if !slices.ContainsFunc(s.said, func(sentence string) bool { return strings.Contains(sentence, text) }) {
		t.Errorf("it does not say %q but:\n%s", text, strings.Join(s.said, "\n"))
	}
}
