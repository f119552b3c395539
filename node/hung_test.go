package node

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"glusterfs-provisioner/node/mount"
)

// hangs are the ways in which a client hangs.
var hangs = map[string]func(*fuseClient) error{
	"does nothing": (*fuseClient).stop,
	"reads what it is asked and does not answer": func(client *fuseClient) error {
		client.answer(never)
		return nil
	},
}

// patience is for what has to come about by itself.
const patience = 20 * time.Second

// eventually waits until a condition holds.
func eventually(t *testing.T, condition func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-tick.C
	}
}

func (k *kubelet) use(t *testing.T) {
	t.Helper()
	if err := k.stage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := k.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (k *kubelet) end(t *testing.T) {
	t.Helper()
	if err := errors.Join(k.unpublish(t.Context()), k.unstage(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// health is what a survey says of the volume.
func (k *kubelet) health(t *testing.T) mount.Condition {
	t.Helper()
	volumes, err := k.service.Survey(t.Context())
	if err != nil || len(volumes) != 1 {
		t.Fatalf("the survey has %v, %v; want one volume", volumes, err)
	}
	return volumes[0].Condition
}

// hang has the client hang, and the plugin wait for its answer.
func (k *kubelet) hang(t *testing.T, hang func(*fuseClient) error) *fuseClient {
	t.Helper()
	client := k.last()
	if err := hang(client); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if got := k.health(t); got.Health != mount.Silent {
			return fmt.Errorf("the volume is %s", got.Health)
		}
		return nil
	})
	return client
}

// newImpatient has a plugin that does not wait for long.
func newImpatient(t *testing.T) *kubelet {
	t.Helper()
	k := newKubelet(t, nil, false)
	k.answer = 2 * time.Second
	k.restartPlugin()
	return k
}

// TestNextClientDoesNotInherit has a client hang, ends the pod and starts another. The
// client that hangs is not resumed, and that it was asked spoils nothing.
func TestNextClientDoesNotInherit(t *testing.T) {
	for name, hang := range hangs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newImpatient(t)
			k.use(t)
			k.hang(t, hang)
			k.end(t)
			k.use(t)
			if got := k.health(t); got.Health != mount.Alive {
				t.Errorf("the new mount is %s", got.Health)
			}
			k.end(t)
		})
	}
}
