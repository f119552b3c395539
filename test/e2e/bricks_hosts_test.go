package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/heketi/heketi/executors"

	"glusterfs-provisioner/test/e2e/gluster"
)

// What a host is asked for, by section. They all begin with the path or the name that
// tells them apart.
const (
	onVolumes   = "logical volumes"
	onPools     = "thin pools"
	onDevices   = "device nodes"
	onFstab     = "fstab"
	onMounts    = "mounts"
	onFolders   = "folders"
	onGluster   = "gluster's volumes"
	onBricks    = "gluster's bricks"
	onProcesses = "brick processes"
	onRebalance = "rebalance processes"
)

// askHost prints each section after a line that names it.
const askHost = `
section() { echo "# $1"; }
section "` + onDevices + `"; ls /dev/mapper
section "` + onFstab + `"; cat /var/lib/heketi/fstab
section "` + onMounts + `"; awk '$2 ~ "^/var/lib/heketi/mounts/" {print $2}' /proc/mounts
section "` + onFolders + `"; find /var/lib/heketi/mounts -mindepth 2 -maxdepth 2 2> /dev/null
section "` + onGluster + `"; ls /var/lib/glusterd/vols
section "` + onBricks + `"; cat /var/lib/glusterd/vols/*/info 2> /dev/null | sed -n 's/^brick-[0-9]*=//p'
section "` + onProcesses + `"; pgrep -x -a glusterfsd | sed 's/.* --brick-name \([^ ]*\).*/\1/'
section "` + onRebalance + `"; pgrep -a -x glusterfs | grep -o ' rebalance/[^ ]*'
true`

// state is what there is in many places, by place: lines in order.
type state map[string][]string

func (s state) add(place string, lines ...string) { s[place] = append(s[place], lines...) }

func (s state) sort() {
	for _, lines := range s {
		slices.Sort(lines)
	}
}

// addHost adds what a host has of bricks and volumes.
func (s state) addHost(ctx context.Context, host *gluster.Host) error {
	told, err := host.Run(ctx, askHost)
	if err != nil {
		return err
	}
	place := ""
	for line := range strings.Lines(told) {
		line = strings.TrimSpace(line)
		if section, begins := strings.CutPrefix(line, "# "); begins {
			place = host.Name() + " " + section
			continue
		}
		if line != "" {
			s.add(place, line)
		}
	}
	return s.addLogicalVolumes(ctx, host)
}

func (s state) addLogicalVolumes(ctx context.Context, host *gluster.Host) error {
	told, err := host.Run(ctx, "/run/bin/lvm-wrapper /usr/sbin/lvm lvs --reportformat json --units k")
	if err != nil {
		return err
	}
	var report executors.LVSCommandOutput
	if err := json.Unmarshal([]byte(told), &report); err != nil || len(report.LVSReport) != 1 {
		return errors.Join(err, fmt.Errorf("the host %s reports its logical volumes as %q", host.Name(), told))
	}
	for _, volume := range report.LVSReport[0].LVS {
		place := onVolumes
		if volume.PoolLV == "" {
			place = onPools
		}
		s.add(host.Name()+" "+place, volume.VGName+"/"+volume.LVName)
	}
	return nil
}
