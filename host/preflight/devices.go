package preflight

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// device looks at a device without writing to it.
func (g Gatherer) device(ctx context.Context, path string) Device {
	d := Device{Path: path}
	info, err := os.Stat(path)
	if err != nil {
		d.Err = err
		return d
	}
	if info.Mode()&fs.ModeDevice == 0 || info.Mode()&fs.ModeCharDevice != 0 {
		d.Err = errors.New("it is no block device")
		return d
	}
	// The path may be a link, such as those in /dev/disk/by-id.
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		d.Err = err
		return d
	}
	holders, _ := os.ReadDir(filepath.Join("/sys/class/block", filepath.Base(real), "holders")) // A partition table shows in the signatures.
	for _, holder := range holders {
		d.Holders = append(d.Holders, holder.Name())
	}
	output, err := g.run(ctx, "wipefs", "--no-act", "--noheadings", "--output=TYPE", path)
	if err != nil {
		d.Err = fmt.Errorf("cannot look for signatures: %w", err)
		return d
	}
	if d.Signatures = strings.Fields(output); slices.Contains(d.Signatures, physicalVolume) {
		group, _ := g.run(ctx, g.LVM, "/usr/sbin/lvm", "pvs", "--noheadings", "--options=vg_name", path) // It may be of no group.
		d.Group = strings.TrimSpace(group)
	}
	return d
}

// physicalVolume is the signature of a disk that LVM has.
const physicalVolume = "LVM2_member"
