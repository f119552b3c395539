package host

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"glusterfs-provisioner/host/fstab"
)

// mounts are what is mounted in the container: the source of each mount point, of the uppermost where there are several.
type mounts map[string]string

// has tells whether something is mounted there that is no cover.
func (m mounts) has(point string) bool {
	source, is := m[point]
	return is && source != coverSource
}

// below returns the mount points below a folder, in order.
func (m mounts) below(folder string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m)), func(point string) bool { return !strings.HasPrefix(point, folder+"/") })
}

func readMounts() (mounts, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("cannot tell what is mounted: %w", err)
	}
	return parseMountInfo(string(text)), nil
}

// parseMountInfo reads mount points, the fifth field of proc_pid_mountinfo(5), and sources, the second one after the dash.
func parseMountInfo(text string) mounts {
	all := mounts{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if dash := slices.Index(fields, "-"); dash > 4 && len(fields) > dash+2 {
			all[fstab.Unescape(fields[4])] = fstab.Unescape(fields[dash+2])
		}
	}
	return all
}
