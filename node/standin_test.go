package node

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/volume"
)

// standIn is a GlusterFS client that has no servers. What it mounts, real mounts of FUSE, is
// an empty folder, and looks in the kernel's table as with mount.glusterfs.
type standIn struct {
	namespaces *namespace.Set
	// dir is where it keeps what it runs.
	dir string
	// volume is what it mounts instead of what it is asked for, if that is not empty.
	volume string
	// answers is how it answers the kernel; it is empty for as one that is well.
	answers string

	mu      sync.Mutex
	clients []*fuseClient
}

// ownMounts returns a mount namespace that ends with the process.
func ownMounts(t *testing.T) *namespace.Set {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount")
	}
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skipf("there is no FUSE: %v", err)
	}
	here, err := namespace.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	set, err := namespace.Do(t.Context(), here, func() (*namespace.Set, error) {
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return nil, err
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return nil, err
		}
		return namespace.Of(unix.Gettid(), namespace.Mounts)
	})
	if err != nil {
		t.Skipf("there can be no mount namespace: %v", err)
	}
	t.Cleanup(func() { _ = set.Close() })
	return set
}

// Locate returns a server that nobody asks.
func (s *standIn) Locate(context.Context, volume.Volume, mountoptions.Options) (servers, silent []netip.Addr) {
	return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
}

// flagsOf are those of the kernel.
var flagsOf = map[string]uintptr{"ro": unix.MS_RDONLY, "noexec": unix.MS_NOEXEC, "nodev": unix.MS_NODEV, "noatime": unix.MS_NOATIME}

// Mount mounts as mount.glusterfs does.
func (s *standIn) Mount(ctx context.Context, request client.Request) error {
	name := request.Volume.Name
	if s.volume != "" {
		name = s.volume
	}
	source := fmt.Sprintf("%s:/%s", request.Servers[0], name)
	if transport, found := request.Options.Value("transport"); found {
		source += "." + transport
	}
	if folder, found := request.Options.Value("subdir-mount"); found {
		source += "/" + folder
	}
	var flags uintptr
	for _, option := range request.Options {
		flags |= flagsOf[option.Name]
	}
	client, err := namespace.Do(ctx, s.namespaces, func() (*fuseClient, error) {
		return startFUSEClient(s.dir, source, flags, s.answers, request.Target)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, client)
	return nil
}

// kill ends all clients.
func (s *standIn) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, client := range s.clients {
		client.kill()
	}
	s.clients = nil
}

// last is the client that was started last.
func (s *standIn) last() *fuseClient {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients[len(s.clients)-1]
}
