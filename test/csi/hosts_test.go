package csi

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

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
	serving := func(ctx context.Context) error { return serves(ctx, peers[0]) }
	if err := bench.Until(ctx, selfStartBound, serving); err == nil {
		return nil
	}
	// Of many volumes that a host starts at once, gluster now and then forgets the daemon that heals one, and does not try again.
	if _, err := peers[0].Run(ctx, startForced); err != nil {
		return err
	}
	return bench.Until(ctx, connectBound, serving)
}

const (
	// selfStartBound is how long hosts are waited for before a person would start what is missing.
	selfStartBound = time.Minute
	// startForced starts what is missing of volumes that are started.
	startForced = `gluster --mode=script --xml volume status all | grep -o '<volName>[^<]*' | sed 's/<volName>//' | xargs -I{} gluster --mode=script volume start {} force`
)

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
