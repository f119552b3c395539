package host

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
var packages = []string{"glusterfs-server", "openssh-server", "xfsprogs", "attr", "iproute2", "iptables", "tini"}

// environment is what all tests share.
type environment struct {
	root, logs string
	sandbox    *sandbox.Sandbox
	// machines are the hosts, on which glusterfs-host runs between the tests.
	machines []machine
	heketi   *bench.Heketi
}

var env environment

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(sandbox.Program{
		Name: "host", Variable: "HOST", Command: "make host", Prepare: prepare, SetUp: setUp, Test: m.Run,
	}.Main())
}

func prepare(ctx context.Context, root string) error {
	if _, err := bench.BuildHeketi(ctx, root, os.Stdout); err != nil {
		return err
	}
	return debian.Install(ctx, os.Stdout, packages...)
}

// setUp starts three hosts with glusterfs-host, and heketi, which makes a volume on them.
func setUp(ctx context.Context, root, logs string) (err error) {
	env.root, env.logs = root, logs
	if env.sandbox, err = sandbox.Enter(ctx, env.logs); err != nil {
		return err
	}
	hosts, err := startMachines(ctx)
	if err != nil {
		return err
	}
	return startHeketi(ctx, hosts)
}

func startMachines(ctx context.Context) (*gluster.Hosts, error) {
	folder, err := env.sandbox.Folder("gluster")
	if err != nil {
		return nil, err
	}
	hosts, err := gluster.Start(ctx, gluster.Options{
		Folder: folder, LogDir: env.logs, LVM: filepath.Join(env.root, "bin", "e2e", "lvm"), Hosts: 3, Disks: 1, NoGlusterd: true,
	})
	if err != nil {
		return nil, err
	}
	for _, host := range hosts.All() {
		m := machine{host}
		env.machines = append(env.machines, m)
		if err := m.launch(ctx); err != nil {
			return nil, err
		}
	}
	for _, m := range env.machines {
		if err := bench.Until(ctx, soon, m.ready); err != nil {
			return nil, err
		}
	}
	return hosts, nil
}

// volume is the name of the volume that is there during all tests, with a brick on each host.
const volume = "kept"

func startHeketi(ctx context.Context, hosts *gluster.Hosts) error {
	topology, err := hosts.WriteTopology()
	if err != nil {
		return err
	}
	env.heketi, err = bench.StartHeketi(ctx, bench.HeketiOptions{
		Auth: true, Settings: hosts.HeketiSettings(), TopologyFile: topology, Address: gluster.NodeAddress, LogDir: env.logs,
	})
	if err != nil {
		return err
	}
	_, err = env.heketi.CLI(ctx, "volume", "create", "--size=1", "--name="+volume, "--replica=3")
	return err
}
