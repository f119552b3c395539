package rebuild

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The names that heketi gives (pkg/paths of its sources).
var (
	groupName = regexp.MustCompile(`^vg_([0-9a-f]{32})$`)
	// A pool has an id of its own, which is that of no brick.
	poolName    = regexp.MustCompile(`^tp_[0-9a-f]{32}$`)
	brickFolder = regexp.MustCompile(`^/var/lib/heketi/mounts/vg_([0-9a-f]{32})/brick_([0-9a-f]{32})/brick$`)
)

// group is a volume group of heketi's on a host.
type group struct {
	// device is heketi's id of the device.
	device string
	// path is the device's path, and uuid LVM's id of it.
	path, uuid string
	// extentKiB is the size of an extent; extents is how many there are, free how many of them LVM has free.
	extentKiB, extents, free uint64
	// volumes are the logical volumes, pools among them, by name.
	volumes map[string]logicalVolume
}

// name is the group's name.
func (g *group) name() string { return "vg_" + g.device }

// otherBrickIn finds another brick in the pool of one; empty if there is none. Snapshots of gluster's are in it, too.
func (g *group) otherBrickIn(brick logicalVolume) string {
	for name, volume := range g.volumes {
		if name != brick.name && volume.pool == brick.pool && strings.HasPrefix(name, "brick_") {
			return name
		}
	}
	return ""
}

// logicalVolume is a volume of LVM, or a thin pool.
type logicalVolume struct {
	name string
	// kib is the size, metadataKiB that of a pool's metadata.
	kib, metadataKiB uint64
	// pool is the thin pool that the volume is in.
	pool string
}

// The reports of LVM. LVM has all values be strings.
type (
	lvmReport struct {
		Report []struct {
			PV []physicalRow `json:"pv"`
			VG []groupRow    `json:"vg"`
			LV []logicalRow  `json:"lv"`
		} `json:"report"`
	}
	physicalRow struct {
		Name  string `json:"pv_name"`
		UUID  string `json:"pv_uuid"`
		Group string `json:"vg_name"`
	}
	groupRow struct {
		Name        string `json:"vg_name"`
		Devices     string `json:"pv_count"`
		ExtentSize  string `json:"vg_extent_size"`
		ExtentCount string `json:"vg_extent_count"`
		FreeCount   string `json:"vg_free_count"`
	}
	logicalRow struct {
		Name     string `json:"lv_name"`
		Group    string `json:"vg_name"`
		Size     string `json:"lv_size"`
		Metadata string `json:"lv_metadata_size"`
		Pool     string `json:"pool_lv"`
	}
)

// readLVM reads heketi's volume groups from the reports of pvs, vgs and lvs. Others are passed over.
func readLVM(told sections) (map[string]*group, error) {
	var all lvmReport
	for _, name := range []string{"pvs", "vgs", "lvs"} {
		text, err := told.of(name)
		if err != nil {
			return nil, err
		}
		var report lvmReport
		if err := json.Unmarshal([]byte(text), &report); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(report.Report) == 0 {
			return nil, fmt.Errorf("%s: it has no report", name)
		}
		all.Report = append(all.Report, report.Report...)
	}
	groups := map[string]*group{}
	for _, report := range all.Report {
		for _, row := range report.VG {
			if err := addGroup(groups, row); err != nil {
				return nil, fmt.Errorf("vgs: %s: %w", row.Name, err)
			}
		}
	}
	for _, report := range all.Report {
		for _, row := range report.PV {
			if g := groups[row.Group]; g != nil {
				g.path, g.uuid = row.Name, row.UUID
			}
		}
		for _, row := range report.LV {
			if err := addVolume(groups[row.Group], row); err != nil {
				return nil, fmt.Errorf("lvs: %s/%s: %w", row.Group, row.Name, err)
			}
		}
	}
	for name, g := range groups {
		// LVM calls a device that it does not find "[unknown]".
		if !strings.HasPrefix(g.path, "/") || g.uuid == "" {
			return nil, fmt.Errorf("pvs: the device of %s is missing; see whether its disk is there, and run the script again", name)
		}
	}
	return groups, nil
}

func addGroup(groups map[string]*group, row groupRow) error {
	named := groupName.FindStringSubmatch(row.Name)
	if named == nil {
		return nil
	}
	if row.Devices != "1" {
		return fmt.Errorf("it has %s devices, and heketi's groups have one each", row.Devices)
	}
	g := &group{device: named[1], volumes: map[string]logicalVolume{}}
	for _, field := range []struct {
		to   *uint64
		text string
	}{{&g.extentKiB, row.ExtentSize}, {&g.extents, row.ExtentCount}, {&g.free, row.FreeCount}} {
		number, err := strconv.ParseUint(field.text, 10, 64)
		if err != nil {
			return err
		}
		*field.to = number
	}
	g.extentKiB /= 1024
	if g.extentKiB == 0 || g.extentKiB > largestKiB || g.extents > largestKiB/g.extentKiB || g.free > g.extents {
		return errors.New("its sizes cannot be")
	}
	groups[row.Name] = g
	return nil
}

// largestKiB is an exabyte. Nothing larger is believed.
const largestKiB = 1 << 50

func addVolume(g *group, row logicalRow) error {
	if g == nil {
		return nil
	}
	volume := logicalVolume{name: row.Name, pool: row.Pool}
	var err error
	if volume.kib, err = kibOf(row.Size); err != nil {
		return err
	}
	if strings.TrimSpace(row.Metadata) != "" {
		if volume.metadataKiB, err = kibOf(row.Metadata); err != nil {
			return err
		}
	}
	g.volumes[row.Name] = volume
	return nil
}

// kibOf reads a size in bytes, which is one in KiB.
func kibOf(text string) (uint64, error) {
	bytes, err := strconv.ParseUint(text, 10, 64)
	if err == nil && bytes/1024 > largestKiB {
		err = fmt.Errorf("%s bytes are too many", text)
	}
	return bytes / 1024, err
}
