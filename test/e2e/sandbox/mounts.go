package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/test/bench"
)

// covered are the folders in which the programs that run here insist on writing.
var covered = []string{"/etc", "/tmp", "/var/lib", "/var/log"}

// replaceFiles makes the machine's files read-only, has what is written to covered
// folders go to the sandbox's own, and opens the writable ones, which may be below
// covered ones.
func (s *Sandbox) replaceFiles(ctx context.Context) error {
	var opened []*os.File
	for _, path := range append(s.writable, s.dir) {
		folder, err := os.Open(path)
		if err != nil {
			return err
		}
		defer folder.Close()
		opened = append(opened, folder)
	}
	if err := protectMachine(ctx); err != nil {
		return err
	}
	if err := allowWriting(opened[len(opened)-1]); err != nil {
		return err
	}
	if err := s.coverFolders(); err != nil {
		return err
	}
	for _, folder := range opened {
		if err := allowWriting(folder); err != nil {
			return err
		}
	}
	return nil
}

// separateMounts has mounts stay here, and /proc show the processes that are here.
func (s *Sandbox) separateMounts(context.Context) error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	return mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}

// writingBound is how long a program may still write that was started before, such as
// the go command, which notes its use of itself in the background.
const writingBound = 20 * time.Second

// protectMachine makes all files read-only, as soon as none is open for writing.
func protectMachine(ctx context.Context) error {
	mounts, err := readMounts()
	if err != nil {
		return err
	}
	for _, mount := range mounts {
		if isKernels(mount.point) {
			continue
		}
		err := bench.Until(ctx, writingBound, func(context.Context) error {
			return setAttributes(mount.point, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// allowWriting makes a folder writable that was opened before it was covered.
func allowWriting(folder *os.File) error {
	if err := mount(fmt.Sprintf("/proc/self/fd/%d", folder.Fd()), folder.Name(), "", unix.MS_BIND, ""); err != nil {
		return err
	}
	return setAttributes(folder.Name(), &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY})
}

func setAttributes(path string, attributes *unix.MountAttr) error {
	if err := unix.MountSetattr(unix.AT_FDCWD, path, 0, attributes); err != nil {
		return fmt.Errorf("cannot change whether %s is read-only: %w", path, err)
	}
	return nil
}

// isKernels tells whether a path is of no file, but of something that the kernel
// shows. That is replaced here, or has to be written to, such as cgroups.
func isKernels(path string) bool {
	for _, folder := range []string{"/proc", "/sys", "/dev"} {
		if path == folder || strings.HasPrefix(path, folder+"/") {
			return true
		}
	}
	return false
}

// coverFolders has everything that is written to some of the machine's folders go
// to the sandbox's.
func (s *Sandbox) coverFolders() error {
	for _, path := range covered {
		upper, err := s.Folder(filepath.Join("upper", path))
		if err != nil {
			return err
		}
		work, err := s.Folder(filepath.Join("work", path))
		if err != nil {
			return err
		}
		options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", path, upper, work)
		if err := mount("overlay", path, "overlay", 0, options); err != nil {
			return err
		}
	}
	return mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755")
}

// mounted is a line of /proc/mounts, see fstab(5).
type mounted struct {
	point, fstype string
}

func readMounts() ([]mounted, error) {
	file, err := os.Open("/proc/mounts")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var mounts []mounted
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			return nil, fmt.Errorf("/proc/mounts has a line %q", lines.Text())
		}
		// As getmntent(3) has it.
		point := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(fields[1])
		mounts = append(mounts, mounted{point: point, fstype: fields[2]})
	}
	return mounts, lines.Err()
}

func mount(source, target, fstype string, flags uintptr, options string) error {
	if err := unix.Mount(source, target, fstype, flags, options); err != nil {
		return fmt.Errorf("cannot mount %s %s: %w", fstype, target, err)
	}
	return nil
}
