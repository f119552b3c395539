package gluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/sandbox"
)

// goneBound is how long the kernel may take to unmount a host's bricks.
const goneBound = time.Minute

// Host is a GlusterFS host. It is not safe for concurrent use.
type Host struct {
	hosts         *Hosts
	name, address string
	disks         []string
	// process is nil while the host is off.
	process *bench.Process
}

// add makes a host, its network and its disks, but does not start it.
func (h *Hosts) add(ctx context.Context) (*Host, error) {
	network := networkOf(h.options)
	number := strconv.Itoa(len(h.hosts) + 1)
	host := &Host{hosts: h, name: network.host + number, address: network.prefix + number}
	h.hosts = append(h.hosts, host)
	if err := errors.Join(host.makeFolders(), host.makeDisks(), host.nameHost(), network.connect(ctx, host.name, host.address)); err != nil {
		return nil, fmt.Errorf("cannot make the host %s: %w", host.name, err)
	}
	return host, nil
}

func (h *Host) makeFolders() error {
	for _, folder := range []string{h.file("glusterd"), h.file("heketi"), h.file("disks"), h.file("lvm"), h.LogDir(), "/var/lib/heketi"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(h.file("heketi/fstab"), nil, 0o600)
}

func (h *Host) makeDisks() error {
	for disk := range h.hosts.options.Disks {
		name := fmt.Sprintf("sd%c", 'b'+disk)
		if err := makeSparse(h.file("disks/" + name)); err != nil {
			return err
		}
		// The host's own disk is mounted over it.
		if err := os.WriteFile("/dev/"+name, nil, 0o600); err != nil {
			return err
		}
		h.disks = append(h.disks, "/dev/"+name)
	}
	return nil
}

func makeSparse(path string) error {
	disk, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(disk.Truncate(diskBytes), disk.Close())
}

// Name is the host's name.
func (h *Host) Name() string { return h.name }

// Address is the host's address, by which it is managed and mounted from.
func (h *Host) Address() string { return h.address }

// Disks are the host's disks, such as /dev/sdb.
func (h *Host) Disks() []string { return h.disks }

// LogDir is where glusterd, its bricks, sshd and the host itself log to.
func (h *Host) LogDir() string { return filepath.Join(h.hosts.options.LogDir, h.name) }

func (h *Host) file(name string) string { return filepath.Join(h.hosts.options.Folder, h.name, name) }

// Start switches the host on, if it is off, and returns when its servers answer.
func (h *Host) Start(ctx context.Context) (err error) {
	if h.process != nil {
		return nil
	}
	args := []string{
		"netns", "exec", h.name,
		"unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc",
		"tini", "--", h.hosts.file("host.sh"), h.file(""), h.LogDir(), h.hosts.options.LVM,
	}
	if !h.hosts.options.NoGlusterd {
		args = append(args, h.hosts.settings())
	}
	h.process, err = bench.StartServer(ctx, bench.ProcessOptions{
		Path: "ip", Args: args, Log: filepath.Join(h.LogDir(), "host.log"),
	}, h.answers)
	if err != nil {
		return fmt.Errorf("cannot start the host %s: %w", h.name, err)
	}
	return nil
}

// answers tells whether sshd listens, and glusterd if the host has started one.
func (h *Host) answers(ctx context.Context) error {
	ports := []string{"22"}
	if !h.hosts.options.NoGlusterd {
		ports = append(ports, "24007")
	}
	for _, port := range ports {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(h.address, port))
		if err != nil {
			return err
		}
		if err := connection.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Stop switches the host off, if it is on, as a power cut would, save that what was
// written to its disks is kept.
func (h *Host) Stop(ctx context.Context) error {
	if h.process == nil {
		return nil
	}
	if err := h.process.Kill(); err != nil {
		return err
	}
	h.process = nil
	return bench.Until(ctx, goneBound, h.isGone)
}

// isGone tells whether the host's processes are gone, and its bricks unmounted:
// they must not be mounted a second time.
func (h *Host) isGone(ctx context.Context) error {
	processes, err := bench.Run(ctx, nil, "ip", "netns", "pids", h.name)
	if err != nil {
		return err
	}
	if len(processes) > 0 {
		return fmt.Errorf("the host %s still has processes: %s", h.name, strings.Fields(string(processes)))
	}
	mounted, err := sandbox.LoopFiles(h.file("lvm"))
	if err == nil && len(mounted) > 0 {
		err = fmt.Errorf("the host %s still has mounted: %s", h.name, mounted)
	}
	return err
}

// Run runs a shell command on the host, over ssh as heketi does, and returns its
// standard output.
func (h *Host) Run(ctx context.Context, command string) (string, error) {
	output, err := bench.Run(ctx, nil, "ssh", "-q", "-i", h.hosts.KeyFile(),
		"-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"root@"+h.address, command)
	return string(output), err
}
