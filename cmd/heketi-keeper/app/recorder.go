package app

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/provisioner/events"
)

// newRecorder returns a recorder of events in a namespace, of any if it is empty, and what ends it.
func newRecorder(client kubernetes.Interface, namespace string) (recorder record.EventRecorder, end func()) {
	broadcaster := events.NewBroadcaster()
	broadcaster.StartRecordingToSink(&corev1.EventSinkImpl{Interface: client.CoreV1().Events(namespace)})
	return events.Fitting(broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: name})), broadcaster.Shutdown
}
