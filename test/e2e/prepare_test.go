package e2e

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/debian"
	"glusterfs-provisioner/test/e2e/node"
)

// packages are Debian's that the tests run or that what they run calls.
var packages = []string{
	"glusterfs-server", "openssh-server", "xfsprogs", "attr",
	"containerd", "runc", "containernetworking-plugins", "conntrack", "iptables",
	"buildah", "mmdebstrap", "busybox-static", "ca-certificates", "iproute2", "tini",
}

// programs are what runs that is built from source.
type programs struct {
	heketi              bench.HeketiBinaries
	cluster             bench.ClusterBinaries
	node                bench.NodeBinaries
	provisioner, plugin string
	// nextNode is of the version that the cluster is upgraded to, where it is.
	nextNode   bench.NodeBinaries
	lvm, pause string
	// pluginWithClient is an archive of an image, where the plugin is needed.
	pluginWithClient string
	// storageSuite is Kubernetes' own, where specs of it are asked for.
	storageSuite bench.StorageSuiteBinaries
	// helm and the archive of the database's image are empty where no database is tested.
	helm, database string
}

// version is the version of Kubernetes that KUBERNETES names, or the last that
// mounts these volumes without a plugin.
func version() bench.Kubernetes {
	return bench.Kubernetes(cmp.Or(os.Getenv("KUBERNETES"), string(bench.OldestKubernetes)))
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
	p.provisioner = filepath.Join(root, "bin", "glusterfs-provisioner")
	p.plugin = filepath.Join(root, "bin", "glusterfs-csi-node")
	p.lvm = filepath.Join(root, "bin", "e2e", "lvm")
	p.pause = filepath.Join(root, "bin", "e2e", "pause")
	if !version().MountsGlusterFS() {
		folder := filepath.Join(root, "bin", "e2e", "images")
		if p.pluginWithClient, err = node.BuildPluginWithClient(ctx, root, p.plugin, folder, os.Stdout); err != nil {
			return p, err
		}
	}
	if specs() != "" {
		if p.storageSuite, err = bench.BuildStorageSuite(ctx, root, version(), os.Stdout); err != nil {
			return p, err
		}
	}
	if testsDatabase() {
		if err := p.prepareDatabase(ctx, root); err != nil {
			return p, err
		}
	}
	if upgrades() {
		err = p.prepareUpgrade(ctx, root)
	}
	return p, err
}

// testsDatabase tells whether databases are tested, which takes what nothing else needs.
func testsDatabase() bool { return os.Getenv("DATABASE") == "1" }

// prepareUpgrade builds what takes the place of what is there, also what is built again when
// the control plane is upgraded.
func (p *programs) prepareUpgrade(ctx context.Context, root string) (err error) {
	if _, err = bench.BuildCluster(ctx, root, upgradedTo, os.Stdout); err != nil {
		return err
	}
	p.nextNode, err = bench.BuildNode(ctx, root, upgradedTo, os.Stdout)
	return err
}

func (p *programs) prepareDatabase(ctx context.Context, root string) (err error) {
	if p.helm, err = bench.BuildHelm(ctx, root, bench.Helm4, os.Stdout); err != nil {
		return err
	}
	p.database, err = node.BuildDatabase(ctx, filepath.Join(root, "bin", "e2e", "database"), os.Stdout)
	return err
}
