package csi

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/debian"
	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/sandbox"
)

// packages are Debian's that the tests run or that what they run calls.
var packages = []string{"glusterfs-server", "openssh-server", "xfsprogs", "attr", "iptables", "iproute2", "systemd", "tini", "mmdebstrap"}

// sanityVariable is the environment variable that tells the tests where csi-sanity is.
const sanityVariable = "CSI_SANITY"

// environment is what all tests share.
type environment struct {
	root, logs string
	sanity     string
	sandbox    *sandbox.Sandbox
	hosts      *gluster.Hosts
	// hostsWithIPv6 are nil until a test needs them.
	hostsWithIPv6 *gluster.Hosts
	cgroup        cgroup
}

var env environment

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(sandbox.Program{
		Name: "csi", Variable: "CSI", Command: "make csi", Prepare: prepare, SetUp: setUp, Test: m.Run,
	}.Main())
}

// prepare installs what the tests run, and builds csi-sanity and the files of a node.
func prepare(ctx context.Context, root string) error {
	if err := debian.Install(ctx, os.Stdout, packages...); err != nil {
		return err
	}
	if err := makeNewerRoot(ctx, root); err != nil {
		return err
	}
	if showsAlerts() {
		if _, err := bench.BuildPrometheus(ctx, root, os.Stdout); err != nil {
			return err
		}
	}
	sanity, err := bench.BuildCSISanity(ctx, root, os.Stdout)
	if err != nil {
		return err
	}
	return os.Setenv(sanityVariable, sanity)
}

// setUp starts three GlusterFS hosts.
func setUp(ctx context.Context, root, logs string) (err error) {
	env.root, env.logs = root, logs
	env.sanity = os.Getenv(sanityVariable)
	if env.sandbox, err = sandbox.Enter(ctx, env.logs); err != nil {
		return err
	}
	name, err := env.sandbox.MakeCgroup("plugin")
	if err != nil {
		return err
	}
	if env.cgroup, err = sandbox.CgroupFolders(name); err != nil {
		return err
	}
	env.hosts, err = startHosts(ctx, "gluster", gluster.Options{Hosts: 3, Disks: 1})
	return err
}

// startHosts starts hosts that trust each other, in a folder of that name. They end with
// the sandbox.
func startHosts(ctx context.Context, name string, options gluster.Options) (hosts *gluster.Hosts, err error) {
	if options.Folder, err = env.sandbox.Folder(name); err != nil {
		return nil, err
	}
	options.LogDir = env.logs
	options.LVM = filepath.Join(env.root, "bin", "e2e", "lvm")
	if hosts, err = gluster.Start(ctx, options); err != nil {
		return nil, err
	}
	return hosts, join(ctx, hosts.All())
}
