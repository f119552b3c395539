package reconciler

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/provisioner/events"
)

// sink keeps the messages of the events that are sent, each as one of its own.
type sink struct {
	record.EventSink
	mu       sync.Mutex
	messages map[string]bool
	sent     chan string
}

func (s *sink) Create(event *v1.Event) (*v1.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.messages[event.Message] {
		s.messages[event.Message] = true
		s.sent <- event.Message
	}
	return event, nil
}

// TestEventsOfManyDisks has heketi take many disks, refuse as many, and then tell of a node: nothing is summed up or dropped.
func TestEventsOfManyDisks(t *testing.T) {
	const many = 40
	s := &sink{messages: map[string]bool{}, sent: make(chan string, 3*many)}
	broadcaster := events.NewBroadcaster()
	defer broadcaster.Shutdown()
	defer broadcaster.StartRecordingToSink(s).Stop()
	r := New(Config{Events: broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "keeper"})})
	state := &glustercluster.Object{}
	state.Name, state.UID = "disks", "1"
	for number := range many {
		disk := disks.Step{Do: disks.AddDevice, Node: fmt.Sprintf("node-%d", number/8), Path: fmt.Sprintf("/dev/disk-%d", number%8)}
		r.tellOfStep(state, disk)
		r.tellOfRefusal(state, disk, "it contains data")
	}
	r.tellOfStep(state, disks.Step{Do: disks.AddNode, Node: "node-9", Address: "192.0.2.9"})
	for range 2*many + 1 {
		select {
		case message := <-s.sent:
			if strings.Contains(message, "combined from similar events") {
				t.Fatalf("it is summed up: %s", message)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("not all were sent")
		}
	}
}
