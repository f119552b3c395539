package sandbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Numbers of devices, from the kernel's Documentation/admin-guide/devices.txt.
const (
	memory        = 1
	terminal      = 5
	miscellaneous = 10
	loop          = 7
)

// loopDevices is how many disks and bricks there can be: a device in /dev for
// each that the kernel may give one for.
const loopDevices = 1024

// device is a character device.
type device struct {
	name         string
	major, minor int
}

// devices are what the programs here need. What a machine has besides, such as its
// disks, is better not there.
var devices = []device{
	{"null", memory, 3},
	{"zero", memory, 5},
	{"full", memory, 7},
	{"random", memory, 8},
	{"urandom", memory, 9},
	{"kmsg", memory, 11},
	{"tty", terminal, 0},
	{"fuse", miscellaneous, 229},
	{"loop-control", miscellaneous, 237},
}

// replaceDevices makes a /dev without the machine's disks, in which new devices
// are not seen elsewhere.
func (s *Sandbox) replaceDevices(context.Context) error {
	if err := mount("tmpfs", "/dev", "tmpfs", unix.MS_NOSUID, "mode=755"); err != nil {
		return err
	}
	for _, device := range devices {
		if err := makeDevice(device.name, unix.S_IFCHR, device.major, device.minor); err != nil {
			return err
		}
	}
	for number := range loopDevices {
		if err := makeDevice(fmt.Sprintf("loop%d", number), unix.S_IFBLK, loop, number); err != nil {
			return err
		}
	}
	for _, name := range []string{"shm", "pts", "mapper"} {
		if err := os.Mkdir(filepath.Join("/dev", name), 0o755); err != nil {
			return err
		}
	}
	if err := mount("tmpfs", "/dev/shm", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777"); err != nil {
		return err
	}
	if err := mount("devpts", "/dev/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"); err != nil {
		return err
	}
	for link, target := range map[string]string{"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		if err := os.Symlink(target, filepath.Join("/dev", link)); err != nil {
			return err
		}
	}
	return nil
}

func makeDevice(name string, kind uint32, major, minor int) error {
	path := filepath.Join("/dev", name)
	if err := unix.Mknod(path, kind|0o666, int(unix.Mkdev(uint32(major), uint32(minor)))); err != nil {
		return fmt.Errorf("cannot make the device %s: %w", path, err)
	}
	// Mknod heeds the umask.
	return os.Chmod(path, 0o666)
}
