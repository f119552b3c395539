package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/heketi/heketi/executors"
)

// machine is a folder with a disk.
type machine struct {
	t                  *testing.T
	root, mapper, disk string
}

func newMachine(t *testing.T) machine {
	t.Helper()
	m := machine{t: t, root: t.TempDir(), mapper: t.TempDir(), disk: filepath.Join(t.TempDir(), "sdb")}
	if err := os.WriteFile(m.disk, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(m.disk, 4<<30); err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs a command line as heketi makes it; DISK is the disk.
func (m machine) run(line string) (string, error) {
	var out bytes.Buffer
	arguments := []string{"--root=" + m.root, "--mapper=" + m.mapper, "/usr/sbin/lvm"}
	err := run(append(arguments, strings.Fields(strings.ReplaceAll(line, "DISK", m.disk))...), &out)
	return strings.TrimSpace(out.String()), err
}

func (m machine) must(line string) string {
	m.t.Helper()
	out, err := m.run(line)
	if err != nil {
		m.t.Fatalf("%s: %v", line, err)
	}
	return out
}

const (
	makeDevice = "pvcreate -qq --metadatasize=128M --dataalignment=256K DISK"
	makeGroup  = "vgcreate -qq --physicalextentsize=4M --autobackup=n vg_1 DISK"
	makeBrick  = "lvcreate -qq --autobackup=n --poolmetadatasize 8192K --chunksize 256K --size 1048576K --thin vg_1/tp_1 --virtualsize 1048576K --name brick_1"
	countThin  = "lvs --noheadings --options=thin_count vg_1/tp_1"
)

func TestLifeOfABrick(t *testing.T) {
	m := newMachine(t)
	m.must(makeDevice)
	m.must(makeGroup)
	m.must(makeBrick)
	node := filepath.Join(m.mapper, "vg_1-brick_1")
	if info, err := os.Stat(node); err != nil || info.Size() != 1<<30 {
		t.Errorf("the volume is %v (%v), want 1 GiB", info, err)
	}
	if got := m.must(countThin); got != "1" {
		t.Errorf("the pool has %s volumes, want 1", got)
	}
	// 4 GiB are 1024 extents of 4 MiB, of which the pool takes 256 and its metadata 2.
	if fields := strings.Split(m.must("vgdisplay -c vg_1"), ":"); len(fields) != 17 || strings.Join(fields[12:16], " ") != "4096 1024 258 766" {
		t.Errorf("the group's fields are %q", fields)
	}
	// After a restart of the machine.
	if err := os.Remove(node); err != nil {
		t.Fatal(err)
	}
	m.must("vgchange --activate=y")
	if _, err := os.Stat(node); err != nil {
		t.Error(err)
	}
	m.must("lvremove --autobackup=n -f vg_1/brick_1")
	if got := m.must(countThin); got != "0" {
		t.Errorf("the pool has %s volumes, want 0", got)
	}
	m.must("lvremove --autobackup=n -f vg_1/tp_1")
	m.must("vgremove -qq vg_1")
	m.must("pvremove -qq DISK")
	if left, err := os.ReadDir(m.root); err != nil || len(left) != 0 {
		t.Errorf("left are %v (%v), want nothing", left, err)
	}
}

func TestDeviceIsNamedByItsUUID(t *testing.T) {
	m := newMachine(t)
	m.must(makeDevice)
	s, err := load(m.root, m.mapper)
	if err != nil {
		t.Fatal(err)
	}
	uuid := s.Physical[0].UUID
	if got := m.must("pvs -o pv_name,pv_uuid,vg_name --reportformat=json DISK"); !strings.Contains(got, `"pv_uuid":"`+uuid+`"`) {
		t.Errorf("the report is %s", got)
	}
	m.must("pvremove -qq /dev/disk/by-id/lvm-pv-uuid-" + uuid)
}

// readReport reads the JSON report of a verb into heketi's own structure for them.
func readReport(t *testing.T, m machine, verb string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(m.must(verb+" --reportformat json --units k")), into); err != nil {
		t.Fatal(err)
	}
}

func TestReportsOfAll(t *testing.T) {
	m := newMachine(t)
	var nothing executors.LVSCommandOutput
	readReport(t, m, "lvs", &nothing)
	if len(nothing.LVSReport) != 1 || nothing.LVSReport[0].LVS == nil {
		t.Errorf("the report of no volumes is %+v, want one with an empty list", nothing)
	}
	m.must(makeDevice)
	m.must(makeGroup)
	m.must(makeBrick)

	var devices executors.PVSCommandOutput
	readReport(t, m, "pvs", &devices)
	device := devices.PVSReport[0].PVS[0]
	if device.PVName != m.disk || device.VGName != "vg_1" || device.PVAttr != "a--" || device.PVSize != "4194304.00k" || device.PVFree != "3137536.00k" {
		t.Errorf("the report of the devices has %+v", device)
	}
	var groups executors.VGSCommandOutput
	readReport(t, m, "vgs", &groups)
	group := groups.VGSReport[0].VGS[0]
	if group.VGName != "vg_1" || group.LVCount != "2" || group.VGSize != "4194304.00k" || group.VGFree != "3137536.00k" {
		t.Errorf("the report of the groups has %+v", group)
	}
	var volumes executors.LVSCommandOutput
	readReport(t, m, "lvs", &volumes)
	var got []string
	for _, volume := range volumes.LVSReport[0].LVS {
		got = append(got, strings.Join([]string{volume.VGName, volume.LVName, volume.PoolLV, volume.LVAttr, volume.LVSize}, " "))
	}
	if want := []string{"vg_1 tp_1  twi-aotz-- 1048576.00k", "vg_1 brick_1 tp_1 Vwi-aotz-- 1048576.00k"}; !slices.Equal(got, want) {
		t.Errorf("the report of the volumes has %q, want %q", got, want)
	}
}

// TestColumns asks for columns, in bytes, and for one as text.
func TestColumns(t *testing.T) {
	m := newMachine(t)
	m.must(makeDevice)
	m.must(makeGroup)
	m.must(strings.ReplaceAll(makeBrick, "--virtualsize 1048576K", "--virtualsize 349525K"))
	for line, want := range map[string]string{
		"pvs --noheadings --options pv_name": m.disk,
		"vgs --reportformat json --units b --nosuffix --options vg_name,vg_extent_size,vg_extent_count":   `{"report":[{"vg":[{"vg_extent_count":"1024","vg_extent_size":"4194304","vg_name":"vg_1"}]}]}`,
		"lvs --reportformat json --units b --nosuffix --options lv_name,lv_size,lv_metadata_size,pool_lv": `{"report":[{"lv":[{"lv_metadata_size":"8388608","lv_name":"tp_1","lv_size":"1073741824","pool_lv":""},{"lv_metadata_size":"","lv_name":"brick_1","lv_size":"360710144","pool_lv":"tp_1"}]}]}`,
	} {
		if got := m.must(line); got != want {
			t.Errorf("%s prints %s, want %s", line, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	m := newMachine(t)
	m.must(makeDevice)
	m.must(makeGroup)
	for line, want := range map[string]string{
		makeDevice:      "Can't initialize physical volume",
		countThin:       "Failed to find logical volume",
		"vgs vg_2":      `Volume group "vg_2" not found`,
		"pvremove DISK": "is used by VG vg_1",
		"lvremove --autobackup=n -f vg_1/brick_1":                 "Failed to find logical volume",
		strings.ReplaceAll(makeBrick, "1048576K", "5000000K"):     "insufficient free space",
		strings.ReplaceAll(makeBrick, "--size 1048576K", "--big"): "unknown flag",
		"pvs --reportformat json":                                 "imitated with --units=k only",
		"lvs --units k":                                           "imitated with --reportformat=json only",
		"lvs --reportformat json --units b":                       "imitated with --units=k only",
		"pvs --reportformat json --units k -o pv_name,dev_size":   `column "dev_size" of a report of all pvs is not imitated`,
		"lvextend vg_1/brick_1":                                   "lvextend is not imitated",
	} {
		if _, err := m.run(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %s", line, err, want)
		}
	}
}
