package stack

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/debian"
	"glusterfs-provisioner/test/e2e/node"
)

// packages are Debian's that the machines have, and that make them. LVM is there for the machines to have
// its file, over which they mount what stands in for it.
var packages = []string{
	"glusterfs-client", "lvm2", "thin-provisioning-tools", "xfsprogs", "attr",
	"containerd", "runc", "containernetworking-plugins", "conntrack", "iptables", "openssh-client", "openssh-server",
	"buildah", "mmdebstrap", "busybox-static", "ca-certificates", "iproute2", "tini",
}

// programs are what runs that is built from source, and archives of images.
type programs struct {
	heketi                      bench.HeketiBinaries
	cluster                     bench.ClusterBinaries
	node                        bench.NodeBinaries
	services                    bench.ServiceBinaries
	provisioner, plugin, keeper string
	lvm, pause                  string
	// newerHostImage is there for tests that upgrade GlusterFS only.
	hostImage, newerHostImage string
}

// version is the version of Kubernetes that KUBERNETES names.
func version() bench.Kubernetes {
	return bench.Kubernetes(cmp.Or(os.Getenv("KUBERNETES"), string(bench.DefaultKubernetes)))
}

// prepare installs and builds all that the tests run. In a sandbox, where it
// cannot reach a network, it finds that everything is there.
func prepare(ctx context.Context, root string) (p programs, err error) {
	if err := debian.Install(ctx, os.Stdout, packages...); err != nil {
		return p, err
	}
	if p.heketi, err = bench.BuildHeketi(ctx, root, os.Stdout); err != nil {
		return p, err
	}
	if p.cluster, err = bench.BuildCluster(ctx, root, version(), os.Stdout); err != nil {
		return p, err
	}
	if p.node, err = bench.BuildNode(ctx, root, version(), os.Stdout); err != nil {
		return p, err
	}
	if p.services, err = bench.BuildServices(ctx, root, version(), os.Stdout); err != nil {
		return p, err
	}
	bin := func(name string) string { return filepath.Join(root, "bin", name) }
	p.provisioner, p.plugin, p.keeper = bin("glusterfs-provisioner"), bin("glusterfs-csi-node"), bin("heketi-keeper")
	p.lvm, p.pause = bin("e2e/lvm"), bin("e2e/pause")
	if p.hostImage, err = node.BuildHost(ctx, root, bin("glusterfs-host"), bin("e2e/host-image"), os.Stdout); err != nil || os.Getenv("UPGRADE") != "1" {
		return p, err
	}
	p.newerHostImage, err = node.BuildNewerHost(ctx, root, bin("glusterfs-host"), bin("e2e/newer-host-image"), os.Stdout)
	return p, err
}
