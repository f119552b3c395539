package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/node"
	"glusterfs-provisioner/test/e2e/sandbox"
)

// diskBytes is the size of a disk: 100 GiB, of which only what is written takes room.
const diskBytes = 100 << 30

// machine is a node of the cluster, with disks.
type machine struct {
	*node.Machine
	name, address, folder string
	disks                 []string
	// words are what a person has written of the machine in the object, such as drain, and wordsOf of its disks.
	words   []string
	wordsOf map[string][]string
	// isReplaced says that another one has taken its place.
	isReplaced bool
	// zone is its own.
	zone int
}

// prepareScript makes of a machine's folder what a machine keeps over a restart. It is formatted
// with the folder, the name of thinFile, and the folder in which LVM keeps its volumes.
const prepareScript = `#!/bin/sh
set -eu
host=%[1]s
mount --bind "$host/glusterd" /var/lib/glusterd
mount --bind "$host/heketi" /var/lib/heketi
if [ -e "$host/%[2]s" ]; then
    mount -o loop "$host/%[2]s" /var/lib/heketi
    mkdir -p %[3]s
fi
mount --bind "$host/logs" /var/log/glusterfs
for disk in "$host"/disks/*; do
    mount --bind "$disk" "/dev/${disk##*/}"
done
mount -t tmpfs tmpfs /dev/mapper
mount --bind "$host/lvm" /usr/sbin/lvm
`

// lvmScript is a machine's LVM. What it keeps is where the GlusterFS pod sees it at the same path, as a
// pod sees what device-mapper makes, and named so that the kernel tells whose it is. It is formatted with
// the stand-in's path and that folder.
const lvmScript = `#!/bin/sh
[ "$1" != version ] || exit 0
exec %s --root=%s /usr/sbin/lvm "$@"
`

// lvm is the folder in which the machine's LVM keeps its volumes, as programs on the machine see it. It has the sandbox in its name: the
// kernel tells of the loop devices of all sandboxes.
func (m *machine) lvm() string {
	return "/var/lib/heketi/lvm-" + m.name + "-" + filepath.Base(filepath.Dir(m.folder))
}

// addMachine makes the machine of a number, from 1, and does not switch it on.
func addMachine(ctx context.Context, images []string, number int) (*machine, error) {
	m := &machine{name: fmt.Sprintf("node-%d", number), address: fmt.Sprintf("10.77.0.%d", number), zone: number}
	var err error
	if m.folder, err = env.sandbox.Folder(m.name); err != nil {
		return nil, err
	}
	logs := filepath.Join(env.logs, m.name)
	if err := errors.Join(m.makeFolders(), m.makeDisks(), os.MkdirAll(logs, 0o755)); err != nil {
		return nil, err
	}
	if os.Getenv("THIN") == "1" {
		if err := m.makeThin(ctx); err != nil {
			return nil, err
		}
	}
	cgroup, err := env.sandbox.MakeCgroup(m.name)
	if err != nil {
		return nil, err
	}
	if err := env.network.Connect(ctx, m.name, m.address); err != nil {
		return nil, err
	}
	// Pods have no addresses from which Services get theirs, 10.96.0.0/12: a pod would look for such a Service beside itself.
	m.Machine, err = node.NewMachine(ctx, node.Options{
		Name: m.name, Cluster: env.cluster, Binaries: env.programs.node, Address: m.address,
		PodNetwork: fmt.Sprintf("10.%d.0.0/16", 200+number), Cgroup: cgroup, Images: images, KubeletDir: "/var/lib/kubelet",
		Folder: m.folder, LogDir: logs, DNS: gluster.NodeAddress, Proxy: env.programs.services.Proxy, Prepare: m.file("prepare.sh"),
	}, gluster.NodeAddress)
	return m, err
}

func (m *machine) file(name string) string { return filepath.Join(m.folder, name) }

func (m *machine) makeFolders() error {
	for _, folder := range []string{
		m.file("glusterd"), m.file("heketi/" + filepath.Base(m.lvm())), m.file("logs"), m.file("disks"),
		"/var/lib/glusterd", "/var/lib/heketi", "/var/log/glusterfs", "/var/lib/kubelet",
	} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	return errors.Join(
		os.WriteFile(m.file("prepare.sh"), fmt.Appendf(nil, prepareScript, m.folder, thinFile, m.lvm()), 0o700),
		os.WriteFile(m.file("lvm"), fmt.Appendf(nil, lvmScript, env.programs.lvm, m.lvm()), 0o755),
	)
}

func (m *machine) makeDisks() error {
	for _, name := range []string{"sdb", "sdc"} {
		disk, err := os.Create(m.file("disks/" + name))
		if err != nil {
			return err
		}
		// The machine's own disk is mounted over that in /dev.
		if err := errors.Join(disk.Truncate(diskBytes), disk.Close(), os.WriteFile("/dev/"+name, nil, 0o600)); err != nil {
			return err
		}
		m.disks = append(m.disks, "/dev/"+name)
	}
	return nil
}

// thinFile is the file, if there is one, with a file system for LVM's volumes.
const thinFile = "heketi.img"

// makeThin gives the machine a file system for LVM's volumes that takes the room of what is written only: mkfs.xfs reserves
// 64 MiB of a volume, which it does not write. Many volumes would not have room otherwise.
func (m *machine) makeThin(ctx context.Context) error {
	file, err := os.Create(m.file(thinFile))
	if err != nil {
		return err
	}
	if err := errors.Join(file.Truncate(2*diskBytes), file.Close()); err != nil {
		return err
	}
	_, err = bench.Run(ctx, nil, "mkfs.xfs", "-q", m.file(thinFile))
	return err
}

// off switches the machine off, as a loss of power does, save that what was written to its disks is kept.
func (m *machine) off(ctx context.Context) error {
	if err := m.Off(); err != nil {
		return err
	}
	return bench.Until(ctx, patience, func(context.Context) error {
		bricks, err := sandbox.LoopFiles(m.lvm())
		mounted, thinErr := sandbox.LoopFiles(m.folder)
		mounted = append(mounted, bricks...)
		if err = errors.Join(err, thinErr); err == nil && len(mounted) > 0 {
			err = fmt.Errorf("%s still has mounted: %s", m.name, mounted)
		}
		return err
	})
}
