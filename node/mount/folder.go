package mount

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrOutside is of a path that may not be mounted on.
var ErrOutside = errors.New("not a place for volumes")

// safe are the characters of the paths that kubelet makes. GlusterFS's mount program
// is a shell script and takes others, such as blanks, for something else.
var safe = regexp.MustCompile(`^[a-zA-Z0-9/._~@:+-]+$`)

// relative returns the path, below the folder, of a path that is given as absolute.
func relative(folder, path string) (string, error) {
	below, found := strings.CutPrefix(path, strings.TrimSuffix(folder, "/")+"/")
	if !found || below == "" || filepath.Clean(path) != path || !safe.MatchString(path) {
		return "", fmt.Errorf("%w: %q; want a clean path below kubelet's folder %s, see --kubelet-dir, of letters, digits and /._~@:+-", ErrOutside, path, folder)
	}
	return below, nil
}

// openBelow opens a folder below another, to refer to it. What is mounted on it is
// not asked, so it does not matter whether that answers. Symbolic links below the
// first folder are not followed.
func openBelow(folder, below string) (*os.File, error) {
	// Whoever set up the node may well have linked kubelet's folder elsewhere.
	fd, err := unix.Open(folder, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: folder, Err: err}
	}
	path := folder
	for element := range strings.SplitSeq(below, "/") {
		path = filepath.Join(path, element)
		next, err := unix.Openat(fd, element, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		_ = unix.Close(fd)
		if errors.Is(err, unix.ENOTDIR) {
			return nil, notFolder(path)
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		fd = next
	}
	return os.NewFile(uintptr(fd), path), nil
}

func notFolder(path string) error {
	return fmt.Errorf("%w: %s is a symbolic link or no folder", ErrOutside, path)
}

// openParent opens the folder that a path below another is in, and returns its last
// element, too.
func openParent(folder, below string) (parent *os.File, element string, err error) {
	dir, element := filepath.Split(below)
	if dir == "" {
		dir = "."
	}
	parent, err = openBelow(folder, filepath.Clean(dir))
	return parent, element, err
}

// link is a path by which a thread refers to what it has open.
func link(file *os.File) string { return fmt.Sprintf("/proc/thread-self/fd/%d", file.Fd()) }

// realPath is where an open folder is, with no symbolic links.
func realPath(file *os.File) (string, error) { return os.Readlink(link(file)) }
