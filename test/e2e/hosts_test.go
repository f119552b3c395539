package e2e

import (
	"context"
	"testing"
	"time"

	"glusterfs-provisioner/test/e2e/gluster"
)

// switchOff switches a host off, until the end of the test.
func switchOff(t *testing.T, host *gluster.Host) {
	t.Helper()
	if err := host.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := host.Start(ctx); err != nil {
			t.Error(err)
		}
	})
}

// switchOn switches a host on again.
func switchOn(t *testing.T, host *gluster.Host) {
	t.Helper()
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}
