package connections

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// ways are those to open the connections.
var ways = map[string]func(t *testing.T) (*os.File, error){
	"not mounted": func(*testing.T) (*os.File, error) { return unmounted() },
	"mounted": func(t *testing.T) (*os.File, error) {
		folder := t.TempDir()
		if err := unix.Mount(fstype, folder, fstype, 0, ""); err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = unix.Unmount(folder, unix.MNT_DETACH) })
		return mounted(folder)
	},
}

// TestConnection looks at a connection from its start to its end.
func TestConnection(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount")
	}
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			folder, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			c := &Connections{folder: folder}
			t.Cleanup(func() { _ = c.Close() })
			served := serveNothing(t)
			connection, there, err := c.Find(served.number)
			if err != nil || !there {
				t.Fatalf("connection %d is there: %t, %v", served.number, there, err)
			}
			// The kernel has asked for the version, and nobody answers.
			if waiting, err := c.Waiting(connection); waiting != 1 || err != nil {
				t.Errorf("%d requests wait, %v", waiting, err)
			}
			if aborted, err := c.Abort(connection, func() (bool, error) { return false, nil }); aborted || err != nil {
				t.Errorf("it was ended though it may not: %t, %v", aborted, err)
			}
			if _, err := served.device.Read(make([]byte, 128<<10)); err != nil {
				t.Errorf("the connection has ended: %v", err)
			}
			if aborted, err := c.Abort(connection, func() (bool, error) { return true, nil }); !aborted || err != nil {
				t.Errorf("it was ended: %t, %v", aborted, err)
			}
			if _, err := served.device.Read(make([]byte, 128<<10)); !errors.Is(err, unix.ENODEV) && !errors.Is(err, unix.ECONNABORTED) {
				t.Errorf("the connection has not ended: %v", err)
			}
			served.unmount(t)
			if there, err := c.IsThere(connection); there || err != nil {
				t.Errorf("it is still there: %t, %v", there, err)
			}
			for range 20 {
				// One of them gets the number again.
				serveNothing(t)
			}
			if aborted, err := c.Abort(connection, func() (bool, error) { return true, nil }); aborted || err != nil {
				t.Errorf("another one was ended: %t, %v", aborted, err)
			}
			if waiting, err := c.Waiting(connection); waiting != 0 || err != nil {
				t.Errorf("%d requests wait of what has ended, %v", waiting, err)
			}
		})
	}
}

func TestNotMounted(t *testing.T) {
	if _, err := mounted(t.TempDir()); err == nil {
		t.Error("a folder has connections")
	}
}

// fuse is a FUSE file system that nobody serves, and that is mounted nowhere.
type fuse struct {
	device *os.File
	root   int
	number uint32
}

func serveNothing(t *testing.T) *fuse {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("there is no FUSE: %v", err)
	}
	device := os.NewFile(uintptr(fd), "/dev/fuse")
	f := &fuse{device: device, root: -1}
	t.Cleanup(func() { f.unmount(t) })
	context, err := unix.Fsopen("fuse", unix.FSOPEN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(context)
	for _, option := range [][2]string{{"source", "test"}, {"fd", fmt.Sprint(device.Fd())}, {"rootmode", "40000"}, {"user_id", "0"}, {"group_id", "0"}} {
		if err := unix.FsconfigSetString(context, option[0], option[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.FsconfigCreate(context); err != nil {
		t.Fatal(err)
	}
	if f.root, err = unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", device.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	_, number, _ := strings.Cut(string(text), "fuse_connection:")
	if _, err := fmt.Sscan(number, &f.number); err != nil {
		t.Skip("the kernel does not tell the numbers of connections")
	}
	return f
}

func (f *fuse) unmount(t *testing.T) {
	t.Helper()
	if f.device == nil {
		return
	}
	err := f.device.Close()
	if f.root >= 0 {
		err = errors.Join(err, unix.Close(f.root))
	}
	if err != nil {
		t.Error(err)
	}
	f.device = nil
}
