package integration

import (
	"context"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestFaultAPIServerRestarted restarts the API server in the middle of a burst. It
// is everybody's, so this is not played beside other scenes.
func TestFaultAPIServerRestarted(t *testing.T) {
	s := newScene(t, sceneOptions{})
	s.claim(t)
	bench.Eventually(t, recovery, func(context.Context) error {
		volumes, err := s.heketi.Volumes()
		if err == nil && len(volumes) == 0 {
			err = errorOf("no volume is made yet")
		}
		return err
	})
	if err := env.cluster.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	if err := env.cluster.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.checkPromises(t)
	s.unclaim(t)
	s.checkPromises(t)
}
