package e2e

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/e2e/gluster"
)

// sweepAfterFailure removes from the hosts what heketi does not know, after a test that
// failed, so that the next one shows its own faults.
func sweepAfterFailure(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		// The test's own context has ended.
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		if err := sweepHosts(ctx); err != nil {
			t.Errorf("cannot sweep the hosts: %v", err)
		}
	})
}

func sweepHosts(ctx context.Context) error {
	// What cannot be cleaned up is swept below.
	_, cleanUpErr := env.heketi.CLI(ctx, "server", "operations", "cleanup")
	database, err := readHeketi()
	if err != nil {
		return errors.Join(cleanUpErr, err)
	}
	for _, host := range env.hosts.All() {
		now := state{}
		if err := now.addHost(ctx, host); err != nil {
			return err
		}
		if _, err := host.Run(ctx, sweepScript(host, now, database)); err != nil {
			return err
		}
	}
	return nil
}

// sweepScript are the commands that rid a host of volumes, bricks and pools that heketi
// does not have. Each may fail where there is less than there could be.
func sweepScript(host *gluster.Host, now state, database heketiDatabase) string {
	at := func(place string) []string { return now[host.Name()+" "+place] }
	bricks, pools := database.bricksOn(host.Address())
	var commands []string
	for _, name := range at(onGluster) {
		if !slices.Contains(database.volumes(), name) {
			commands = append(commands, fmt.Sprintf("for verb in 'stop %[1]s force' 'delete %[1]s'; do gluster --mode=script volume $verb; done", name))
		}
	}
	for _, folder := range slices.Concat(at(onMounts), at(onFolders)) {
		if id := ids([]string{folder}); len(id) == 1 && !slices.Contains(bricks, id[0]) {
			commands = append(commands, fmt.Sprintf("umount --lazy %[1]s; rmdir %[1]s; sed -i '/brick_%[2]s/d' /var/lib/heketi/fstab", folder, id[0]))
		}
	}
	for _, id := range ids(at(onFstab)) {
		if !slices.Contains(bricks, id) {
			commands = append(commands, fmt.Sprintf("sed -i '/brick_%s/d' /var/lib/heketi/fstab", id))
		}
	}
	for _, volume := range slices.Concat(at(onVolumes), at(onPools)) {
		known := slices.Contains(pools, path.Base(volume)) || slices.Contains(bricks, strings.TrimPrefix(path.Base(volume), "brick_"))
		if !known {
			commands = append(commands, "/run/bin/lvm-wrapper /usr/sbin/lvm lvremove -f "+volume)
		}
	}
	return "{ " + strings.Join(append(commands, "true"), "; ") + "; } > /dev/null 2>&1"
}
