package csi

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/debian"
	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/sandbox"
)

// packages are Debian's that the tests run or that what they run calls.
var packages = []string{"glusterfs-server", "openssh-server", "xfsprogs", "attr", "iptables", "iproute2", "systemd", "tini"}

// sanityVariable is the environment variable that tells the tests where csi-sanity is.
const sanityVariable = "CSI_SANITY"

// environment is what all tests share.
type environment struct {
	root, logs string
	sanity     string
	sandbox    *sandbox.Sandbox
	hosts      *gluster.Hosts
	cgroup     string
}

var env environment

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(main(m))
}

// main launches this program again in a sandbox, where it runs the tests.
func main(m *testing.M) int {
	if os.Getenv("CSI") != "1" {
		fmt.Println("left out: make csi runs these tests")
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var err error
	if os.Getenv(sandbox.Variable) == "" {
		err = launch(ctx)
	} else if err = setUp(ctx); err == nil {
		return m.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "csi:", err)
		return 1
	}
	return 0
}

// launch has the tests run in a sandbox, after it has got all that they need.
func launch(ctx context.Context) error {
	if os.Getuid() != 0 {
		return errors.New("these tests need root")
	}
	root, err := bench.Root(".")
	if err != nil {
		return err
	}
	if err := debian.Install(ctx, os.Stdout, packages...); err != nil {
		return err
	}
	sanity, err := bench.BuildCSISanity(ctx, root, os.Stdout)
	if err != nil {
		return err
	}
	if err := os.Setenv(sanityVariable, sanity); err != nil {
		return err
	}
	return sandbox.Launch(ctx, os.Stdout)
}

// setUp starts three GlusterFS hosts that trust each other. They end with the sandbox.
func setUp(ctx context.Context) (err error) {
	if env.root, err = bench.Root("."); err != nil {
		return err
	}
	env.logs = filepath.Join(env.root, "bin", "csi", "logs")
	if err := errors.Join(os.RemoveAll(env.logs), os.MkdirAll(env.logs, 0o755)); err != nil {
		return err
	}
	env.sanity = os.Getenv(sanityVariable)
	if env.sandbox, err = sandbox.Enter(ctx, env.logs); err != nil {
		return err
	}
	if env.cgroup, err = env.sandbox.MakeCgroup(); err != nil {
		return err
	}
	folder, err := env.sandbox.Folder("gluster")
	if err != nil {
		return err
	}
	env.hosts, err = gluster.Start(ctx, gluster.Options{
		Folder: folder, LogDir: env.logs, LVM: filepath.Join(env.root, "bin", "e2e", "lvm"), Hosts: 3, Disks: 1,
	})
	if err != nil {
		return err
	}
	return joinHosts(ctx)
}
