package events

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
)

// NewBroadcaster returns what sends events. By client-go's defaults, of the events about
// one object the 11th of a reason would be replaced by a summary, and the 26th of all
// dropped. Some objects are about many things, such as the journal's ConfigMap about volumes and
// a GlusterCluster about disks, so each field path that events name counts as an object.
func NewBroadcaster() record.EventBroadcaster {
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
