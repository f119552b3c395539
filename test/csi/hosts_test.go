package csi

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// switchOff switches some of the hosts off that trust each other, until the end of the test.
func switchOff(t *testing.T, peers []*gluster.Host, off ...*gluster.Host) {
	t.Helper()
	t.Cleanup(func() {
		if err := switchOn(context.Background(), peers); err != nil {
			t.Error(err)
		}
	})
	for _, host := range off {
		if err := host.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// switchOn switches those of the hosts on that are off, and waits until they have started all
// bricks: while a host still does, it may refuse to start another volume.
func switchOn(ctx context.Context, peers []*gluster.Host) error {
	for _, host := range peers {
		if err := host.Start(ctx); err != nil {
			return err
		}
	}
	if err := connect(ctx, peers); err != nil {
		return err
	}
	return bench.Until(ctx, connectBound, func(ctx context.Context) error { return serves(ctx, peers[0]) })
}

// serves tells by one host whether all bricks and the servers beside them run, on all hosts.
func serves(ctx context.Context, host *gluster.Host) error {
	status, err := host.Run(ctx, "gluster --mode=script --xml volume status all")
	if err != nil {
		return err
	}
	if !strings.Contains(status, "<opRet>0</opRet>") {
		return fmt.Errorf("the status of the volumes is %s", status)
	}
	if down := strings.Count(status, "<status>0</status>"); down > 0 {
		return fmt.Errorf("%d servers of volumes do not run", down)
	}
	return nil
}
