package app

import (
	"context"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/events"
)

// reasonNotKept is that heketi does not run, or not any more.
const reasonNotKept = "HeketiNotKept"

// tellBound is how long telling it may take. The process ends, or waits, meanwhile.
const tellBound = 5 * time.Second

// pod is the one that the process runs in.
type pod struct{ namespace, name, uid string }

// ownPod returns what the Deployment passes down; false outside of a pod.
func ownPod(namespace string) (own pod, is bool) {
	own = pod{namespace, os.Getenv("POD_NAME"), os.Getenv("POD_UID")}
	return own, own.name != ""
}

// tellPod tells in an event of the pod that the process runs in, if it does, why heketi is not kept.
func tellPod(client kubernetes.Interface, namespace string, why error) {
	if own, is := ownPod(namespace); is {
		own.tell(client, why)
	}
}

// tell tells in an event of the pod why heketi is not kept, where "kubectl describe" shows it.
func (p pod) tell(client kubernetes.Interface, why error) {
	ctx, cancel := context.WithTimeout(context.Background(), tellBound)
	defer cancel()
	now := metav1.Now()
	_, err := client.CoreV1().Events(p.namespace).Create(ctx, &v1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.namespace, GenerateName: p.name + "."},
		InvolvedObject: v1.ObjectReference{
			APIVersion: "v1", Kind: "Pod", Namespace: p.namespace, Name: p.name, UID: types.UID(p.uid),
		},
		Type: v1.EventTypeWarning, Reason: reasonNotKept, Message: events.Fit(why).Error(),
		Source: v1.EventSource{Component: name}, ReportingController: name, ReportingInstance: p.name,
		FirstTimestamp: now, LastTimestamp: now, Count: 1,
	}, metav1.CreateOptions{})
	if err != nil {
		klog.ErrorS(err, "Cannot tell in an event why heketi is not kept")
	}
}
