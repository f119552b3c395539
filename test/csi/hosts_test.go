package csi

import (
	"context"
	"testing"

	"glusterfs-provisioner/test/e2e/gluster"
)

// switchOff switches a host off, until the end of the test.
func switchOff(t *testing.T, host *gluster.Host) {
	t.Helper()
	if err := host.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Start(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
