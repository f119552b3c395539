package mount

import (
	"fmt"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// fstype is GlusterFS's in the kernel's table of mounts.
const fstype = "fuse.glusterfs"

// transports are what mount.glusterfs appends to the volume's name for the mount option
// transport. Names of volumes have no dots.
var transports = []string{".tcp", ".rdma"}

// Mount is a mount of GlusterFS.
type Mount struct {
	// Path is where it is mounted, by the name that kubelet has for it.
	Path string
	// Source is the server that was asked, a colon, a slash and the volume's name, with
	// what the mount options transport and subdir-mount append.
	Source string
	// Connection is the number of the device, which tells clients of GlusterFS apart: a
	// mount that was bound elsewhere has the same. It may be another one's when no mount
	// has it any more.
	Connection uint32
	// ReadOnly tells whether the mount is read-only.
	ReadOnly bool
	// id is no other mount's.
	id int
	// flags are those of the mount that a read-only one has to have, too.
	flags uintptr
}

// Volume is the name of the volume that is mounted.
func (m Mount) Volume() string {
	_, path, _ := strings.Cut(m.Source, ":/")
	// The rest is a folder of the volume, see the mount option subdir-mount.
	volume, _, _ := strings.Cut(path, "/")
	for _, transport := range transports {
		volume = strings.TrimSuffix(volume, transport)
	}
	return volume
}

// table returns what is mounted in the thread's namespace, where the filter does not
// skip it, in the order in which it was mounted.
func table(filter mountinfo.FilterFunc) ([]*mountinfo.Info, error) {
	infos, err := mountinfo.GetMounts(filter)
	if err != nil {
		return nil, fmt.Errorf("cannot read the table of mounts: %w", err)
	}
	return infos, nil
}

// newMount returns what a line of the table says of the mount at a path.
func newMount(info *mountinfo.Info, path string) Mount {
	m := Mount{
		Path: path, Source: info.Source, id: info.ID,
		// FUSE has no devices but those whose major number is 0.
		Connection: uint32(info.Minor),
	}
	for option := range strings.SplitSeq(info.Options, ",") {
		m.ReadOnly = m.ReadOnly || option == "ro"
		m.flags |= flags[option]
	}
	return m
}
