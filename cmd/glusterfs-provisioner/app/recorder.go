package app

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// newRecorder returns a recorder of events for the life of the process.
func newRecorder(client kubernetes.Interface, source string) record.EventRecorder {
	broadcaster := newBroadcaster()
	broadcaster.StartRecordingToSink(&corev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	return broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: source})
}

// newBroadcaster returns what sends events. By client-go's defaults, of the events about
// one object the 11th of a reason would be replaced by a summary, and the 26th of all
// dropped. The journal's ConfigMap is about many volumes, so each of its keys counts as an
// object.
func newBroadcaster() record.EventBroadcaster {
	return record.NewBroadcasterWithCorrelatorOptions(record.CorrelatorOptions{
		KeyFunc: func(event *v1.Event) (string, string) {
			aggregate, local := record.EventAggregatorByReasonFunc(event)
			return aggregate + event.InvolvedObject.FieldPath, local
		},
		SpamKeyFunc: func(event *v1.Event) string {
			about := event.InvolvedObject
			return event.Source.Component + about.Kind + about.Namespace + about.Name + string(about.UID) + about.FieldPath
		},
	})
}
