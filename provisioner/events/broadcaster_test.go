package events

import (
	"fmt"
	"sync"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/record"
)

// sink keeps the messages of the events that are sent.
type sink struct {
	record.EventSink
	mu       sync.Mutex
	messages map[string]bool
	all      chan struct{}
	want     int
}

// Create is called for each event that is sent as one of its own.
func (s *sink) Create(event *v1.Event) (*v1.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages[event.Message] = true
	if len(s.messages) == s.want {
		close(s.all)
	}
	return event, nil
}

// TestEventsAboutManyKeysOfOneObject are all sent.
func TestEventsAboutManyKeysOfOneObject(t *testing.T) {
	const many = 60
	s := &sink{messages: map[string]bool{}, all: make(chan struct{}), want: many}
	broadcaster := NewBroadcaster()
	defer broadcaster.Shutdown()
	defer broadcaster.StartRecordingToSink(s).Stop()
	recorder := broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "us"})
	for i := range many {
		about := &v1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: "ours", Name: "journal", FieldPath: fmt.Sprintf("data[%d]", i)}
		recorder.Eventf(about, v1.EventTypeWarning, "VolumeNotUndone", "volume %d is not undone", i)
	}
	select {
	case <-s.all:
	case <-time.After(30 * time.Second):
		t.Fatal("not all were sent")
	}
}
