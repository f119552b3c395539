package gluster

import (
	"context"
	_ "embed" // for host.sh
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/test/bench"
)

// diskBytes is the size of a disk: 100 GiB, of which only what is written takes
// room.
const diskBytes = 100 << 30

//go:embed host.sh
var hostScript []byte

// sshdConfig lets root in with the key, and with no other means. The PATH has the
// hosts' own systemctl before the machine's.
const sshdConfig = `AuthorizedKeysFile %s/ssh_key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
PidFile none
MaxStartups 100
SetEnv PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/run
`

// Options say what hosts to start.
type Options struct {
	// Folder is an empty one for all that the hosts keep.
	Folder string
	// LVM is the program that stands in for LVM, see Command lvm.
	LVM string
	// LogDir is where the logs go, those of each host to a folder of its name.
	LogDir string
	// Hosts is their number, Disks the number of disks that each has.
	Hosts, Disks int
	// IPv6 has them know no other addresses than such.
	IPv6 bool
	// NoGlusterd leaves it to others to activate LVM, mount bricks and start glusterd.
	NoGlusterd bool
}

// Hosts are GlusterFS hosts that heketi has not met yet.
type Hosts struct {
	options Options
	hosts   []*Host
}

// Start starts the hosts and waits until they answer. They end with the process.
func Start(ctx context.Context, options Options) (*Hosts, error) {
	h := &Hosts{options: options}
	for _, step := range []func(context.Context) error{h.makeKeys, networkOf(options).make, h.startAll} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("cannot start the GlusterFS hosts: %w", err)
		}
	}
	return h, nil
}

// All are the hosts, in the order of their addresses.
func (h *Hosts) All() []*Host { return h.hosts }

// KeyFile is the private key with which one may log in to the hosts as root.
func (h *Hosts) KeyFile() string { return h.file("ssh_key") }

func (h *Hosts) file(name string) string { return filepath.Join(h.options.Folder, name) }

// makeKeys makes a key for the hosts and one for who logs in, and writes what the
// hosts share.
func (h *Hosts) makeKeys(ctx context.Context) error {
	for _, key := range []string{"ssh_host_key", "ssh_key"} {
		if _, err := bench.Run(ctx, nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", h.file(key)); err != nil {
			return err
		}
	}
	return errors.Join(
		LetRootIn(h.options.Folder),
		h.writeSettings(),
		os.WriteFile(h.file("sshd_config"), fmt.Appendf(nil, sshdConfig, h.options.Folder), 0o600),
		os.WriteFile(h.file("host.sh"), hostScript, 0o700),
		os.WriteFile(h.file("hold.sh"), holdScript, 0o700),
		os.Mkdir(h.holds(), 0o700),
	)
}

// LetRootIn gives root, in the sandbox's /etc, a shell and a home that has no start
// files, and no password at all: where the machine has root locked, sshd would not
// let it in.
func LetRootIn(home string) error {
	return errors.Join(
		replaceLineOf("/etc/passwd", "root:", "root:x:0:0:root:"+home+":/bin/sh"),
		replaceLineOf("/etc/shadow", "root:", "root:*:19000:0:99999:7:::"),
	)
}

// replaceLineOf replaces the line of a file that begins so.
func replaceLineOf(path, beginning, replacement string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	replaced, err := replaceLine(string(text), beginning, replacement)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(replaced), 0o600)
}

func replaceLine(text, beginning, replacement string) (string, error) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, beginning) {
			lines[i] = replacement
			return strings.Join(lines, "\n"), nil
		}
	}
	return "", fmt.Errorf("no line begins with %q", beginning)
}

// LastBrickPort is the highest port that a brick listens on; the first is 49152.
const LastBrickPort = 50175

// packagedSettings are glusterd's as Debian's package has them.
const packagedSettings = "/etc/glusterfs/glusterd.vol"

// settings is the file of glusterd's settings.
func (h *Hosts) settings() string { return h.file("glusterd.vol") }

// writeSettings writes them. Since GlusterFS 10, bricks choose their ports at random, up
// to max-port. Among a hundred, the one that a brick chose was seen to be taken.
func (h *Hosts) writeSettings() error {
	text, err := os.ReadFile(packagedSettings)
	if err != nil {
		return err
	}
	change := map[string]string{"    option max-port ": fmt.Sprintf("    option max-port  %d", LastBrickPort)}
	if h.options.IPv6 {
		change["#   option transport.address-family inet6"] = "    option transport.address-family inet6"
	}
	settings := string(text)
	for beginning, line := range change {
		if settings, err = replaceLine(settings, beginning, line); err != nil {
			return fmt.Errorf("%s: %w", packagedSettings, err)
		}
	}
	return os.WriteFile(h.settings(), []byte(settings), 0o600)
}

func (h *Hosts) startAll(ctx context.Context) error {
	starts, startCtx := errgroup.WithContext(ctx)
	for range h.options.Hosts {
		host, err := h.add(ctx)
		if err != nil {
			return err
		}
		starts.Go(func() error { return host.Start(startCtx) })
	}
	return starts.Wait()
}

// Add starts another host. It is not in the topology that WriteTopology wrote.
func (h *Hosts) Add(ctx context.Context) (*Host, error) {
	host, err := h.add(ctx)
	if err != nil {
		return nil, err
	}
	return host, host.Start(ctx)
}
