package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// extentKiB is the size of an extent, heketi's default of 4 MiB.
const extentKiB = 4096

// request is what a verb was given.
type request struct {
	flags *pflag.FlagSet
	out   io.Writer
}

// do does what the verb says.
func (s *store) do(verb string, arguments []string, out io.Writer) error {
	verbs := map[string]func(*request) error{
		"pvcreate": s.pvcreate, "pvs": s.pvs, "pvremove": s.pvremove,
		"vgcreate": s.vgcreate, "vgs": s.vgs, "vgdisplay": s.vgdisplay, "vgremove": s.vgremove, "vgchange": s.vgchange,
		"lvcreate": s.lvcreate, "lvs": s.lvs, "lvremove": s.lvremove,
	}
	if verbs[verb] == nil {
		return fmt.Errorf("%s is not imitated", verb)
	}
	flags := pflag.NewFlagSet(verb, pflag.ContinueOnError)
	flags.CountP("quiet", "q", "")
	flags.BoolP("force", "f", false, "")
	flags.BoolP("colon", "c", false, "")
	flags.StringP("activate", "a", "", "")
	flags.Bool("thin", false, "")
	flags.Bool("noheadings", false, "")
	flags.Bool("nosuffix", false, "")
	for _, name := range []string{
		"metadatasize", "dataalignment", "physicalextentsize", "autobackup", "reportformat", "units",
		"poolmetadatasize", "chunksize", "size", "virtualsize", "name",
	} {
		flags.String(name, "", "")
	}
	flags.StringP("options", "o", "", "")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if err := verbs[verb](&request{flags: flags, out: out}); err != nil {
		return err
	}
	return s.save()
}

func (s *store) pvcreate(r *request) error {
	path := r.flags.Arg(0)
	if known, err := s.device(path); err == nil {
		return fmt.Errorf("Can't initialize physical volume \"%s\" of volume group \"%s\" without -ff", path, known.Group)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("Device %s not found.", path)
	}
	s.Physical = append(s.Physical, physicalVolume{Device: path, UUID: newUUID(), KiB: uint64(info.Size()) / 1024})
	return nil
}

func (s *store) pvremove(r *request) error {
	device, err := s.device(r.flags.Arg(0))
	if err != nil {
		return err
	}
	if device.Group != "" {
		return fmt.Errorf("PV %s is used by VG %s so please use vgreduce first.", device.Device, device.Group)
	}
	s.Physical = slices.DeleteFunc(s.Physical, func(other physicalVolume) bool { return other == *device })
	return nil
}

func (s *store) vgcreate(r *request) error {
	device, err := s.device(r.flags.Arg(1))
	if err != nil {
		return err
	}
	device.Group = r.flags.Arg(0)
	return nil
}

func (s *store) vgremove(r *request) error {
	device, err := s.deviceOf(r.flags.Arg(0))
	if err != nil {
		return err
	}
	if s.used(device.Group) > 0 {
		return fmt.Errorf("Volume group \"%s\" still has logical volumes", device.Group)
	}
	device.Group = ""
	return nil
}

// vgchange is what a machine does when it starts.
func (s *store) vgchange(*request) error {
	var errs []error
	for _, volume := range s.Thin {
		errs = append(errs, s.activate(volume))
	}
	return errors.Join(errs...)
}

// vgdisplay prints the 17 fields of "vgdisplay -c", of which heketi reads the size
// of an extent and the numbers of all, of the allocated and of the free ones.
func (s *store) vgdisplay(r *request) error {
	device, err := s.deviceOf(r.flags.Arg(0))
	if err != nil {
		return err
	}
	total, allocated := device.KiB/extentKiB, s.used(device.Group)/extentKiB
	_, err = fmt.Fprintf(r.out, "  %s:r/w:772:-1:0:0:0:-1:0:1:1:%d:%d:%d:%d:%d:%s\n",
		device.Group, device.KiB, extentKiB, total, allocated, total-allocated, device.UUID)
	return err
}

// pvs prints the device that is asked for, or all.
func (s *store) pvs(r *request) error {
	if r.flags.NArg() == 0 {
		return r.printAll("pv", s.physicalRows)
	}
	device, err := s.device(r.flags.Arg(0))
	if err != nil {
		return err
	}
	return printReport(r.out, "pv", []row{device.row()})
}

// vgs prints the group that is asked for, or all.
func (s *store) vgs(r *request) error {
	if r.flags.NArg() == 0 {
		return r.printAll("vg", s.groupRows)
	}
	device, err := s.deviceOf(r.flags.Arg(0))
	if err != nil {
		return err
	}
	return printReport(r.out, "vg", []row{device.row()})
}

// row has what heketi tells a device by.
func (d physicalVolume) row() row {
	return row{"pv_name": d.Device, "pv_uuid": d.UUID, "vg_name": d.Group}
}

// lvcreate makes a thin pool with a thin volume in it.
func (s *store) lvcreate(r *request) error {
	group, name, _ := strings.Cut(r.flags.Arg(0), "/")
	device, err := s.deviceOf(group)
	if err != nil {
		return err
	}
	var sizes [3]uint64
	for i, flag := range []string{"size", "poolmetadatasize", "virtualsize"} {
		if sizes[i], err = strconv.ParseUint(strings.TrimSuffix(r.value(flag), "K"), 10, 64); err != nil {
			return fmt.Errorf("Invalid argument for --%s: %w", flag, err)
		}
		sizes[i] = (sizes[i] + extentKiB - 1) / extentKiB * extentKiB // LVM gives whole extents.
	}
	wanted, free := sizes[0]+sizes[1], device.KiB-s.used(group)
	if wanted > free {
		return fmt.Errorf("Volume group \"%s\" has insufficient free space (%d extents): %d required.", group, free/extentKiB, wanted/extentKiB)
	}
	s.Pools = append(s.Pools, pool{Group: group, Name: name, KiB: wanted, MetadataKiB: sizes[1]})
	return s.makeVolume(thinVolume{Group: group, Pool: name, Name: r.value("name"), KiB: sizes[2]})
}

// lvs prints how many thin volumes a pool has, or all pools and volumes.
func (s *store) lvs(r *request) error {
	if r.flags.NArg() == 0 {
		return r.printAll("lv", s.logicalRows)
	}
	group, name, _ := strings.Cut(r.flags.Arg(0), "/")
	if _, err := s.deviceOf(group); err != nil {
		return err
	}
	if !slices.ContainsFunc(s.Pools, func(p pool) bool { return p.Group == group && p.Name == name }) {
		return notFound(r)
	}
	count := 0
	for _, volume := range s.Thin {
		if volume.Group == group && volume.Pool == name {
			count++
		}
	}
	_, err := fmt.Fprintf(r.out, "  %d\n", count)
	return err
}

// lvremove removes a thin volume or a pool.
func (s *store) lvremove(r *request) error {
	group, name, _ := strings.Cut(r.flags.Arg(0), "/")
	if at := slices.IndexFunc(s.Thin, func(v thinVolume) bool { return v.Group == group && v.Name == name }); at >= 0 {
		return s.removeVolume(s.Thin[at])
	}
	if _, err := s.deviceOf(group); err != nil {
		return err
	}
	before := len(s.Pools)
	s.Pools = slices.DeleteFunc(s.Pools, func(p pool) bool { return p.Group == group && p.Name == name })
	if len(s.Pools) == before {
		return notFound(r)
	}
	return nil
}

func notFound(r *request) error {
	return fmt.Errorf("Failed to find logical volume \"%s\"", r.flags.Arg(0))
}
