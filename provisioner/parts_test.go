package provisioner

import (
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/provisioner/heketi"
)

// TestWorkThatNeverEndsIsStuck has one piece of work that lasts longer than all that it may wait for.
func TestWorkThatNeverEndsIsStuck(t *testing.T) {
	p := clusterOf(t, newer, plain)
	p.Heketi = heketi.NewConnector(heketi.DefaultConfig())
	var err error
	if p.resizer, err = newResizer(p); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := p.Stuck(now.Add(time.Hour)); err != nil {
		t.Errorf("nothing is under way, and it is stuck: %v", err)
	}
	unlock, err := p.locks.Try("uid-of-a-claim")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stuck(now.Add(99 * time.Minute)); err != nil {
		t.Errorf("it may take as long, and it is stuck: %v", err)
	}
	if err := p.Stuck(now.Add(2 * time.Hour)); err == nil || !strings.Contains(err.Error(), "uid-of-a-claim is under way for 2h0m0s") {
		t.Errorf("got %v, want that it is stuck", err)
	}
	unlock()
	if err := p.Stuck(now.Add(2 * time.Hour)); err != nil {
		t.Errorf("it has ended, and it is stuck: %v", err)
	}
}
