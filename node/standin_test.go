package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/servers"
	"glusterfs-provisioner/node/volume"
)

// standIn is a GlusterFS client that has no servers. What it mounts, real mounts of FUSE, is
// an empty folder, and looks in the kernel's table as with mount.glusterfs.
type standIn struct {
	namespaces *namespace.Set
	// volume is what it mounts instead of what it is asked for, if that is not empty.
	volume string

	mu      sync.Mutex
	devices []*os.File
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
func (s *standIn) Locate(context.Context, volume.Volume, mountoptions.Options) servers.Found {
	return servers.Found{Servers: []netip.Addr{netip.MustParseAddr("10.0.0.1")}}
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
	_, err := namespace.Do(ctx, s.namespaces, func() (struct{}, error) {
		fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return struct{}{}, err
		}
		options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd)
		if err := unix.Mount(source, request.Target, "fuse.glusterfs", flags, options); err != nil {
			return struct{}{}, errors.Join(err, unix.Close(fd))
		}
		// Before it is mounted, the device cannot be waited for.
		device := os.NewFile(uintptr(fd), "/dev/fuse")
		s.mu.Lock()
		defer s.mu.Unlock()
		s.devices = append(s.devices, device)
		go serve(device)
		return struct{}{}, nil
	})
	return err
}

// kill ends all clients.
func (s *standIn) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, device := range s.devices {
		_ = device.Close()
	}
	s.devices = nil
}

// What the kernel asks, see include/uapi/linux/fuse.h.
const (
	opForget      = 2
	opGetattr     = 3
	opStatfs      = 17
	opInit        = 26
	opDestroy     = 38
	opBatchForget = 42
)

// serve answers the kernel until the device is closed or what it serves is unmounted.
func serve(device *os.File) {
	request := make([]byte, 128<<10)
	for {
		n, err := device.Read(request)
		if err != nil || n < 40 {
			return
		}
		var body []byte
		var errno unix.Errno
		switch binary.NativeEndian.Uint32(request[4:]) {
		case opForget, opBatchForget:
			continue
		case opInit:
			body = make([]byte, 64)
			binary.NativeEndian.PutUint32(body, 7)
			binary.NativeEndian.PutUint32(body[4:], 31)
			binary.NativeEndian.PutUint32(body[20:], 64<<10)
		case opGetattr:
			body = make([]byte, 104)
			binary.NativeEndian.PutUint64(body[16:], 1)
			binary.NativeEndian.PutUint32(body[76:], unix.S_IFDIR|0o755)
			binary.NativeEndian.PutUint32(body[80:], 2)
		case opStatfs:
			body = make([]byte, 80)
		case opDestroy:
		default:
			errno = unix.ENOSYS
		}
		answer := make([]byte, 16, 16+len(body))
		binary.NativeEndian.PutUint32(answer, uint32(16+len(body)))
		binary.NativeEndian.PutUint32(answer[4:], uint32(-int32(errno)))
		copy(answer[8:], request[8:16])
		if _, err := device.Write(append(answer, body...)); err != nil {
			return
		}
	}
}
