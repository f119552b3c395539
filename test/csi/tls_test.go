package csi

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// TestTLS mounts a volume whose data goes over TLS, as docs/tls.md tells: by the client of
// the host and by that of the container, and with files that are missing or somebody else's.
func TestTLS(t *testing.T) {
	giveHostsTLS(t, "")
	v := newVolumeWithTLS(t)

	for name, flags := range map[string][]string{"host": nil, "container": {"--client=container"}} {
		t.Run(name, func(t *testing.T) {
			p := startPlugin(t, flags...)
			pod := p.use(t, v, "pod")
			write(t, pod, name)
			mustBeOnHosts(t, v, name)
			p.end(t, v, "pod")
		})
	}
	for name, test := range map[string]struct {
		peers *bench.Peers
		want  string
	}{
		"no files":          {nil, "could not load our cert at /usr/lib/ssl/glusterfs.pem"},
		"another authority": {newPeers(t, "stranger"), "certificate verify failed"},
	} {
		t.Run(name, func(t *testing.T) {
			mountTLS(t, test.peers, "node")
			p := startPlugin(t)
			checkTold(t, p.stage(t.Context(), v), test.want)
			if mounts := mountsAt(t, p.stagingPath(v)); mounts != 0 {
				t.Errorf("%d are mounted", mounts)
			}
		})
	}
}

// TestTLSFilesAreNamed mounts a volume whose options say where its files are, which is the same
// place on every system. Only who has the name that the volume wants may mount it.
func TestTLSFilesAreNamed(t *testing.T) {
	peers := newPeers(t, "storage")
	if err := gluster.WriteTLS("/etc/ssl", peers, "gluster"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeTLS(t, "/etc/ssl") })
	v := newVolumeWithTLS(t, "ssl.own-cert /etc/ssl/glusterfs.pem", "ssl.private-key /etc/ssl/glusterfs.key",
		"ssl.ca-list /etc/ssl/glusterfs.ca", "auth.ssl-allow gluster")
	p := startPlugin(t)
	pod := p.use(t, v, "pod")
	write(t, pod, "file")
	mustBeOnHosts(t, v, "file")
	p.end(t, v, "pod")

	if err := gluster.WriteTLS("/etc/ssl", peers, "another"); err != nil {
		t.Fatal(err)
	}
	checkTold(t, p.stage(t.Context(), v), "Authentication failed")
	removeTLS(t, "/etc/ssl")
	checkTold(t, p.stage(t.Context(), v), "could not load our cert at /etc/ssl/glusterfs.pem")
}

// removeTLS removes what gluster.WriteTLS writes.
func removeTLS(t *testing.T, folder string) {
	t.Helper()
	for _, file := range []string{"glusterfs.pem", "glusterfs.key", "glusterfs.ca"} {
		if err := os.Remove(filepath.Join(folder, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
}

// TestSecureAccess has the servers tell over TLS only, too, how volumes are made up. Clients
// do so as well if the node has the same file.
func TestSecureAccess(t *testing.T) {
	giveHostsTLS(t, gluster.SecureAccess)
	v := newVolumeWithTLS(t)

	p := startPlugin(t)
	checkTold(t, p.stage(t.Context(), v), "failed to fetch volume file")
	writeSecureAccess(t)
	pod := p.use(t, v, "pod")
	write(t, pod, "file")
	mustBeOnHosts(t, v, "file")
	p.end(t, v, "pod")

	contained := startPlugin(t, "--client=container")
	mustHaveFile(t, contained.use(t, v, "pod"))
	contained.end(t, v, "pod")
}

func newPeers(t *testing.T, name string) *bench.Peers {
	t.Helper()
	peers, err := bench.NewPeers(name)
	if err != nil {
		t.Fatal(err)
	}
	return peers
}

// giveHostsTLS restarts the hosts with the files of a peer, which the node has, too, and with
// a file more if it is named. After the test they are as they were.
func giveHostsTLS(t *testing.T, more string) {
	t.Helper()
	onHosts := func(ctx context.Context, command string) (err error) {
		for _, host := range env.hosts.All() {
			_, failed := host.Run(ctx, command)
			err = errors.Join(err, failed)
		}
		return err
	}
	t.Cleanup(func() {
		if err := errors.Join(onHosts(context.Background(), "rm -f "+gluster.SecureAccess), restartHosts(context.Background())); err != nil {
			t.Error(err)
		}
	})
	mountTLS(t, newPeers(t, "storage"), "gluster")
	if more != "" {
		if err := onHosts(t.Context(), "touch "+more); err != nil {
			t.Fatal(err)
		}
	}
	if err := restartHosts(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// mountTLS gives the node the files of a peer, or none, until the end of the test. Hosts have
// what is there when they start.
func mountTLS(t *testing.T, peers *bench.Peers, name string) {
	t.Helper()
	folder := t.TempDir()
	if peers != nil {
		if err := gluster.WriteTLS(folder, peers, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mount(folder, gluster.TLSDir, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(gluster.TLSDir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func restartHosts(ctx context.Context) (err error) {
	for _, act := range []func(*gluster.Host, context.Context) error{(*gluster.Host).Stop, (*gluster.Host).Start} {
		for _, host := range env.hosts.All() {
			err = errors.Join(err, act(host, ctx))
		}
	}
	if err != nil {
		return err
	}
	return connect(ctx, env.hosts.All())
}

// newVolumeWithTLS makes a volume with the options that docs/tls.md gives a class, and more.
func newVolumeWithTLS(t *testing.T, more ...string) glusterVolume {
	t.Helper()
	v := newVolume(t)
	commands := []string{"stop " + v.name + " force"}
	for _, option := range append([]string{"client.ssl on", "server.ssl on"}, more...) {
		commands = append(commands, "set "+v.name+" "+option)
	}
	for _, command := range append(commands, "start "+v.name) {
		if _, err := env.hosts.All()[0].Run(t.Context(), "gluster --mode=script volume "+command); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := removeVolume(context.Background(), v.name); err != nil {
			t.Error(err)
		}
	})
	return v
}

// writeSecureAccess gives the node the file that has clients ask over TLS, until the end of
// the test.
func writeSecureAccess(t *testing.T) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(gluster.SecureAccess), 0o755), os.WriteFile(gluster.SecureAccess, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(gluster.SecureAccess); err != nil {
			t.Error(err)
		}
	})
}

// mustBeOnHosts looks for a file in the bricks.
func mustBeOnHosts(t *testing.T, v glusterVolume, file string) {
	t.Helper()
	for _, host := range env.hosts.All() {
		if files, err := host.Run(t.Context(), "ls "+bricks+"/"+v.name); err != nil || !strings.Contains(files, file) {
			t.Errorf("on %s is %q, %v, want %s among it", host.Name(), files, err, file)
		}
	}
}

// clientLog is how an error of mounting names the client's log.
var clientLog = regexp.MustCompile(`/var/log/glusterfs/csi-[^ ;]*\.log`)

// checkTold looks for the reason in the log that the error names.
func checkTold(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Error("it succeeded")
		return
	}
	text, readErr := os.ReadFile(clientLog.FindString(err.Error()))
	if readErr != nil || !strings.Contains(string(text), want) {
		t.Errorf("the error is %v; its log, %v, does not have %q: %s", err, readErr, want, text)
	}
}
