package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	informers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/test/bench"
)

// byObject is the index of the events by the object that they are on.
const byObject = "object"

// watchEvents follows all events until the context ends. The API server has no index
// of them: for each question it would read all that there are.
func watchEvents(ctx context.Context, client kubernetes.Interface) (cache.Indexer, error) {
	events := informers.NewEventInformer(client, metav1.NamespaceAll, 0, cache.Indexers{
		byObject: func(object any) ([]string, error) {
			return []string{string(object.(*v1.Event).InvolvedObject.UID)}, nil
		},
		cache.NamespaceIndex: cache.MetaNamespaceIndexFunc,
	})
	go events.Run(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), events.HasSynced) {
		return nil, errors.New("the events cannot be listed")
	}
	return events.GetIndexer(), nil
}

// indexedEvents returns the events that an index has for a value.
func indexedEvents(index, value string) []*v1.Event {
	objects, err := env.events.ByIndex(index, value)
	if err != nil {
		panic(err) // There is no such index.
	}
	events := make([]*v1.Event, len(objects))
	for i, object := range objects {
		events[i] = object.(*v1.Event)
	}
	return events
}

// eventsOf returns the events on an object, each as "reason: message".
func eventsOf(uid types.UID) []string {
	var texts []string
	for _, event := range indexedEvents(byObject, string(uid)) {
		texts = append(texts, event.Reason+": "+event.Message)
	}
	return texts
}

// waitEvent waits for an event on an object that has all the texts.
func waitEvent(t *testing.T, uid types.UID, texts ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error { return eventWith(uid, texts) })
}

// eventWith returns nil if an event on an object has all the texts.
func eventWith(uid types.UID, texts []string) error {
	events := eventsOf(uid)
	for _, event := range events {
		if containsAll(event, texts) {
			return nil
		}
	}
	return fmt.Errorf("no event with %q; there are:\n%s", texts, strings.Join(events, "\n"))
}

// waitEventTimes waits until a claim's provisioning has failed a number of times
// for a reason that has all the texts. The same event again is counted, not
// repeated.
func waitEventTimes(t *testing.T, claim *v1.PersistentVolumeClaim, times int32, texts ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		for _, event := range indexedEvents(byObject, string(claim.UID)) {
			if event.Reason == "ProvisioningFailed" && event.Count >= times && containsAll(event.Message, texts) {
				return nil
			}
		}
		return fmt.Errorf("not failed %d times with %q: %v", times, texts, eventsOf(claim.UID))
	})
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
