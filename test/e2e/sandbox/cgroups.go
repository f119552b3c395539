package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// MakeCgroup makes a cgroup of that name in every hierarchy, in one of the sandbox's name, and
// returns its path below their roots.
func (s *Sandbox) MakeCgroup(name string) (string, error) {
	cgroup := filepath.Join("/", filepath.Base(s.dir), name)
	roots, err := cgroupRoots()
	if err != nil {
		return "", err
	}
	for _, root := range roots {
		if err := os.MkdirAll(filepath.Join(root, cgroup), 0o755); err != nil {
			return "", fmt.Errorf("cannot make a cgroup: %w", err)
		}
	}
	return cgroup, nil
}

// CgroupFolders are the folders of a cgroup that MakeCgroup made, in every hierarchy.
func CgroupFolders(cgroup string) ([]string, error) {
	roots, err := cgroupRoots()
	for i, root := range roots {
		roots[i] = filepath.Join(root, cgroup)
	}
	return roots, err
}

// removeCgroups removes the cgroups of that name in all hierarchies.
func removeCgroups(name string) error {
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	for _, root := range roots {
		if err := removeCgroup(filepath.Join(root, name)); err != nil {
			return fmt.Errorf("cannot remove a cgroup: %w", err)
		}
	}
	return nil
}

// removeCgroup removes a cgroup, those in it first. Only the folders can be
// removed, their files go with them.
func removeCgroup(path string) error {
	var folders []string
	err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && entry.IsDir() {
			folders = append(folders, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, folder := range slices.Backward(folders) {
		if err := os.Remove(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// cgroupRoots are where the cgroup hierarchies, of both versions, are mounted.
func cgroupRoots() ([]string, error) {
	mounts, err := readMounts()
	var roots []string
	for _, mount := range mounts {
		if mount.fstype == "cgroup" || mount.fstype == "cgroup2" {
			roots = append(roots, mount.point)
		}
	}
	return roots, err
}
