package bundle

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/keeper/glusterpods"
)

// commandBound is how long one command on a host may take. What it has printed by then is in the bundle.
const commandBound = 20 * time.Second

// command is what is run in a GlusterFS pod. All of them only read.
type command struct{ file, script string }

// ofHost are asked of each host, since hosts may disagree.
var ofHost = []command{
	{"pool", "gluster pool list; cat /var/lib/glusterd/glusterd.info"},
	{"volumes", "gluster volume info"},
	{"bricks", "cat /var/lib/heketi/fstab; grep ' /var/lib/heketi/' /proc/mounts; df -h; df -i"},
	{"disks", "ls -l /dev/disk/by-id; for list in pvs vgs lvs; do /usr/local/bin/lvm-wrapper lvm $list --units=k --reportformat=json; done"},
	{"glusterd.log", "tail -n 2000 /var/log/glusterfs/glusterd.log"},
	{"glustershd.log", "tail -n 1000 /var/log/glusterfs/glustershd.log"},
}

// ofPool are asked of one host. The second takes about a second a volume.
var ofPool = []command{
	{"status", "gluster volume status all"},
	{"heal", "for volume in $(gluster volume list); do gluster volume heal $volume info summary; done"},
}

// commands adds what the hosts say of themselves.
func (g *gathering) commands(ctx context.Context, hosts []*v1.Pod) {
	// Of a host that does not run, its object and its log say why.
	running := slices.DeleteFunc(slices.Clone(hosts), func(host *v1.Pod) bool { return !glusterpods.IsRunning(host) })
	if len(running) == 0 {
		return
	}
	for _, one := range ofPool {
		g.command(ctx, running[0], one, "gluster")
	}
	for _, host := range running {
		for _, one := range ofHost {
			g.command(ctx, host, one, path.Join("gluster", host.Spec.NodeName))
		}
	}
}

// command adds what a host answers to a command as a file in a folder.
func (g *gathering) command(ctx context.Context, host *v1.Pod, one command, folder string) {
	name := path.Join(folder, one.file+".txt")
	ctx, cancel := context.WithTimeout(ctx, commandBound)
	defer cancel()
	var printed, errs bytes.Buffer
	err := g.run(ctx, host, []string{"sh", "-c", one.script}, &printed, &errs)
	if ctx.Err() != nil {
		err = fmt.Errorf("did not end within %s", commandBound)
	}
	if said := strings.TrimSpace(errs.String()); said != "" {
		fmt.Fprintln(&printed, "standard error:", said)
	}
	if err != nil {
		fmt.Fprintln(&printed, "failed:", err)
		g.miss(name, err)
	}
	g.add(name, printed.Bytes())
}
