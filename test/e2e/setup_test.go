package e2e

import (
	"context"
	"fmt"
	"os"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/sandbox"
)

func setUp(ctx context.Context) error {
	box, err := sandbox.Enter(ctx)
	if err != nil {
		return err
	}
	folder, err := box.Folder("gluster")
	if err != nil {
		return err
	}
	start := time.Now()
	hosts, err := gluster.Start(ctx, gluster.Options{Folder: folder, LogDir: "/tmp/e2e-work/logs", LVM: "/tmp/e2e-work/lvm", Hosts: 3, Disks: 2})
	if err != nil {
		return err
	}
	fmt.Println("hosts", time.Since(start))
	topology, err := hosts.WriteTopology()
	if err != nil {
		return err
	}
	heketi, err := bench.StartHeketi(ctx, bench.HeketiOptions{Auth: true, Settings: hosts.HeketiSettings(), TopologyFile: topology, Address: gluster.NodeAddress, LogDir: "/tmp/e2e-work/logs"})
	if err != nil {
		return err
	}
	fmt.Println("heketi", time.Since(start))
	out, err := heketi.CLI(ctx, "volume", "create", "--size=1", "--gid=2000")
	fmt.Println(string(out), err, time.Since(start))
	for _, host := range hosts.All() {
		fmt.Println(host.Run(ctx, "mount | grep heketi; df -h | grep heketi; gluster volume info; gluster peer status"))
	}
	if os.Getenv("KEEP") != "" {
		select {}
	}
	return nil
}
