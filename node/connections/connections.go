package connections

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// fstype is the file system in which the kernel shows connections.
	fstype = "fusectl"
	// mountPoint is where systemd mounts it.
	mountPoint = "/sys/fs/fuse/connections"
	// magic is what statfs(2) says of it.
	magic = 0x65735543
)

// Connections are all connections of the kernel. It is safe for concurrent use.
type Connections struct{ folder *os.File }

// Connection is one of them. A later one may have the same number.
type Connection struct {
	// Number is that of the file system's device.
	Number uint32
	// inode is no other connection's.
	inode uint64
}

// Open returns the kernel's connections. Nothing is mounted for that, and nothing has to
// be, since Linux 5.2; before, they have to be mounted where systemd has them, in the
// namespace of the thread.
func Open() (*Connections, error) {
	folder, err := unmounted()
	if errors.Is(err, unix.ENOSYS) {
		folder, err = mounted(mountPoint)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot look at the kernel's FUSE connections: %w; mount %s on %s", err, fstype, mountPoint)
	}
	return &Connections{folder: folder}, nil
}

// unmounted opens them without that anybody sees a mount.
func unmounted() (*os.File, error) {
	context, err := unix.Fsopen(fstype, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("fsopen", err)
	}
	defer unix.Close(context)
	if err := unix.FsconfigCreate(context); err != nil {
		return nil, os.NewSyscallError("fsconfig", err)
	}
	fd, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fsmount", err)
	}
	return os.NewFile(uintptr(fd), fstype), nil
}

// mounted opens them where they are mounted.
func mounted(folder string) (*os.File, error) {
	fd, err := unix.Open(folder, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: folder, Err: err}
	}
	file := os.NewFile(uintptr(fd), folder)
	var status unix.Statfs_t
	if err := unix.Fstatfs(fd, &status); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if status.Type != magic {
		return nil, errors.Join(fmt.Errorf("%s is not mounted there", fstype), file.Close())
	}
	return file, nil
}

// Close lets the connections go.
func (c *Connections) Close() error { return c.folder.Close() }

// Find returns the connection that has a number; false if there is none.
func (c *Connections) Find(number uint32) (Connection, bool, error) {
	var status unix.Stat_t
	err := unix.Fstatat(int(c.folder.Fd()), name(number), &status, unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) {
		return Connection{}, false, nil
	}
	if err != nil {
		return Connection{}, false, &fs.PathError{Op: "stat", Path: path.Join(fstype, name(number)), Err: err}
	}
	return Connection{Number: number, inode: status.Ino}, true, nil
}

// IsThere tells whether a connection has not ended.
func (c *Connections) IsThere(connection Connection) (bool, error) {
	found, there, err := c.Find(connection.Number)
	return there && found == connection, err
}

// Waiting is how many requests the process that serves a file system has not answered;
// 0 if the connection has ended.
func (c *Connections) Waiting(connection Connection) (int, error) {
	file, err := c.open(connection, "waiting", unix.O_RDONLY)
	if err != nil || file == nil {
		return 0, err
	}
	defer file.Close()
	text := make([]byte, 32)
	n, err := file.Read(text)
	if n == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text[:n])))
}

// Abort ends a connection, if a function says once more that it may: all that waits for
// an answer gets an error, and so does whoever asks from now on. It returns whether there
// was something to end.
func (c *Connections) Abort(connection Connection, may func() (bool, error)) (bool, error) {
	// Whatever gets the number meanwhile, this file stays that of the connection.
	file, err := c.open(connection, "abort", unix.O_WRONLY)
	if err != nil || file == nil {
		return false, err
	}
	defer file.Close()
	if ok, err := may(); err != nil || !ok {
		return false, err
	}
	_, err = file.WriteString("1")
	return err == nil, err
}

// open opens a file of a connection; it is nil if the connection has ended.
func (c *Connections) open(connection Connection, element string, flags int) (*os.File, error) {
	fd, err := unix.Openat(int(c.folder.Fd()), path.Join(name(connection.Number), element), flags|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path.Join(fstype, name(connection.Number), element), Err: err}
	}
	file := os.NewFile(uintptr(fd), element)
	// The folder is the file's only if it is still there now.
	if there, err := c.IsThere(connection); err != nil || !there {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func name(number uint32) string { return strconv.FormatUint(uint64(number), 10) }
