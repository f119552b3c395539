package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/test/bench"
)

// glances is how often that is looked at, which takes some dozens of requests.
const glances = 500 * time.Millisecond

// eventually waits until the condition returns nil, and meanwhile brings back what
// ends, as a replica does that cannot renew its Lease in time.
func (s *scene) eventually(t *testing.T, condition func(context.Context) error) {
	t.Helper()
	if err := bench.UntilEvery(t.Context(), glances, recovery, func(ctx context.Context) error {
		s.revive(t)
		return condition(ctx)
	}); err != nil {
		t.Fatal(err)
	}
}

// waitJournalEmpty waits until no volume of the scene is unfinished.
func (s *scene) waitJournalEmpty(t *testing.T) {
	t.Helper()
	s.eventually(t, s.provisioner().unfinished)
}

// waitReached waits until a disturbance has happened.
func (s *scene) waitReached(t *testing.T, d *bench.Disturbance) {
	t.Helper()
	s.eventually(t, func(context.Context) error {
		select {
		case <-d.Reached():
			return nil
		default:
			return errorOf("the request to be disturbed has not come")
		}
	})
}

// waitEvent waits until an event on an object has all the texts.
func (s *scene) waitEvent(t *testing.T, uid types.UID, texts ...string) {
	t.Helper()
	s.eventually(t, func(context.Context) error { return eventWith(uid, texts) })
}

// waitTold waits until an event on some claim or PersistentVolume of the scene has
// all the texts.
func (s *scene) waitTold(t *testing.T, texts ...string) {
	t.Helper()
	s.eventually(t, func(context.Context) error { return s.told(texts...) })
}

// told returns nil if an event on some claim or PersistentVolume of the scene has
// all the texts.
func (s *scene) told(texts ...string) error {
	events := indexedEvents(cache.NamespaceIndex, s.namespace)
	// The events on what belongs to no namespace are in this one.
	for _, event := range indexedEvents(cache.NamespaceIndex, metav1.NamespaceDefault) {
		if event.Source.Component == s.provisioner().name || strings.HasPrefix(event.Source.Component, s.provisioner().name+"_") {
			events = append(events, event)
		}
	}
	all := map[string]struct{}{}
	for _, event := range events {
		text := event.Reason + ": " + event.Message
		if containsAll(text, texts) {
			return nil
		}
		all[text] = struct{}{}
	}
	return fmt.Errorf("no event has %q; there are:\n%v", texts, all)
}
