package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// store is all that is known of the devices, the groups and the volumes.
type store struct {
	root, devices string
	// saved is what the file has.
	saved []byte

	Physical []physicalVolume
	Pools    []pool
	Thin     []thinVolume
}

// physicalVolume is a device. Group is "" until a volume group is made of it.
type physicalVolume struct {
	Device, UUID, Group string
	KiB                 uint64
}

// pool is a thin pool. KiB is what it takes of its group, its metadata with it.
type pool struct {
	Group, Name      string
	KiB, MetadataKiB uint64
}

type thinVolume struct {
	Group, Pool, Name string
	KiB               uint64
}

// lock has other commands wait until the file that it returns is closed. One that was
// begun for somebody who is gone by now may still be under way.
func lock(root string) (*os.File, error) {
	folder, err := os.Open(root)
	if err != nil {
		return nil, err
	}
	return folder, syscall.Flock(int(folder.Fd()), syscall.LOCK_EX)
}

func load(root, devices string) (*store, error) {
	s := &store{root: root, devices: devices}
	text, err := os.ReadFile(s.file())
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(text, s); err != nil {
			return nil, err
		}
	}
	s.saved, err = json.Marshal(s)
	return s, err
}

// save writes the file, unless nothing has changed: who only asks leaves no trace. Nor does who has removed all.
func (s *store) save() error {
	text, err := json.Marshal(s)
	if err != nil || bytes.Equal(text, s.saved) {
		return err
	}
	if len(s.Physical)+len(s.Pools)+len(s.Thin) == 0 {
		if err := os.Remove(s.file()); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	// In one step, because a host may be switched off meanwhile.
	if err := os.WriteFile(s.file()+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(s.file()+".new", s.file())
}

func (s *store) file() string { return filepath.Join(s.root, "lvm.json") }

// data is the file that holds what is written to a volume.
func (s *store) data(group, name string) string { return filepath.Join(s.root, group+"-"+name) }

// node is where a volume is found to be mounted. heketi's names have no hyphens,
// which device-mapper would double.
func (s *store) node(group, name string) string { return filepath.Join(s.devices, group+"-"+name) }

// device finds a device by its path, or the path that udev would make of its UUID.
func (s *store) device(path string) (*physicalVolume, error) {
	for i, device := range s.Physical {
		if path == device.Device || path == "/dev/disk/by-id/lvm-pv-uuid-"+device.UUID {
			return &s.Physical[i], nil
		}
	}
	return nil, fmt.Errorf("Failed to find physical volume \"%s\".", path)
}

// deviceOf finds the device that a group is on. heketi's groups have one each.
func (s *store) deviceOf(group string) (*physicalVolume, error) {
	for i, device := range s.Physical {
		if device.Group == group && group != "" {
			return &s.Physical[i], nil
		}
	}
	return nil, fmt.Errorf("Volume group \"%s\" not found", group)
}

// used is how much of a group its pools take.
func (s *store) used(group string) (kib uint64) {
	for _, pool := range s.Pools {
		if pool.Group == group {
			kib += pool.KiB
		}
	}
	return kib
}

func (s *store) makeVolume(v thinVolume) error {
	file, err := os.OpenFile(s.data(v.Group, v.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Truncate(int64(v.KiB) * 1024); err != nil {
		return err
	}
	s.Thin = append(s.Thin, v)
	return s.activate(v)
}

// activate makes a volume's link, after its making and after each start of the
// machine.
func (s *store) activate(v thinVolume) error {
	err := os.Symlink(s.data(v.Group, v.Name), s.node(v.Group, v.Name))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func (s *store) removeVolume(v thinVolume) error {
	s.Thin = slices.DeleteFunc(s.Thin, func(other thinVolume) bool { return other == v })
	return errors.Join(os.Remove(s.node(v.Group, v.Name)), os.Remove(s.data(v.Group, v.Name)))
}

// newUUID is a random one, in the shape of LVM's.
func newUUID() string {
	text := rand.Text() + rand.Text()
	return fmt.Sprintf("%s-%s-%s-%s-%s-%s-%s",
		text[:6], text[6:10], text[10:14], text[14:18], text[18:22], text[22:26], text[26:32])
}
