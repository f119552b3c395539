package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Store is what glusterd has.
type Store struct {
	// Identity is the node's; it has no UUID where glusterd has never run.
	Identity
	// Peers are the ids of the other nodes that it knows.
	Peers []string
	// Volumes are in the order of their names.
	Volumes []Volume
}

// Identity is what glusterd.info has.
type Identity struct {
	// UUID is the node's id in its pool.
	UUID string `json:"uuid,omitempty"`
	// OperatingVersion is the version of GlusterFS whose features the pool may use, as a number.
	OperatingVersion string `json:"operatingVersion,omitempty"`
}

// IdentityFile is where glusterd keeps the identity, below its working folder.
const IdentityFile = "glusterd.info"

// Encode returns what glusterd has in the file.
func (i Identity) Encode() []byte {
	return fmt.Appendf(nil, "UUID=%s\noperating-version=%s\n", i.UUID, i.OperatingVersion)
}

// ErrDamaged is why a file says nothing that is there. glusterd does not sync what it writes, so that a power cut, or a disk that
// is full, leaves files empty or cut.
var ErrDamaged = errors.New("it is empty or cut")

// Volume is a volume of the pool that the node belongs to.
type Volume struct {
	Name string
	// Started is whether the bricks are to run.
	Started bool
	// Bricks are those of all nodes, in gluster's order.
	Bricks []Brick
}

// Brick is a brick of a volume.
type Brick struct {
	// Node is the id of the node that has it, Host the name or address that gluster knows that node by.
	Node, Host string
	// Path is the brick's folder there.
	Path string
}

// started is what a volume's status is while it is started (glusterd_volume_status of GlusterFS).
const started = "1"

// Read reads the working folder of a glusterd, usually /var/lib/glusterd. A volume that cannot be read is in the
// error, with its file, and the others are returned all the same.
func Read(folder fs.FS) (*Store, error) {
	s := &Store{}
	info, err := readFile(folder, IdentityFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	s.Identity = Identity{UUID: info["UUID"], OperatingVersion: info["operating-version"]}
	var errs []error
	hosts, err := s.readPeers(folder)
	errs = append(errs, err)
	volumes, err := names(folder, "vols")
	errs = append(errs, err)
	for _, name := range volumes {
		volume, err := s.readVolume(folder, name, hosts)
		if errors.Is(err, fs.ErrNotExist) {
			// It is being made or deleted: glusterd writes its info last, and removes its folder bit by bit.
			continue
		}
		errs = append(errs, err)
		if err == nil {
			s.Volumes = append(s.Volumes, volume)
		}
	}
	if s.UUID == "" && s.IsUsed() {
		errs = append(errs, fmt.Errorf("%s: %w: it has no UUID", IdentityFile, ErrDamaged))
	}
	return s, errors.Join(errs...)
}

// IsUsed tells whether there are peers or volumes.
func (s *Store) IsUsed() bool { return len(s.Peers) > 0 || len(s.Volumes) > 0 }

// names returns what is in a folder, in order; nothing if there is no such folder.
func names(folder fs.FS, name string) ([]string, error) {
	entries, err := fs.ReadDir(folder, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found, nil
}

// readPeers reads the ids of the peers, and returns which of them has which name or address.
func (s *Store) readPeers(folder fs.FS) (hosts map[string]string, err error) {
	hosts = map[string]string{}
	if s.Peers, err = names(folder, "peers"); err != nil {
		return hosts, err
	}
	var damaged error
	for _, peer := range s.Peers {
		info, err := readFile(folder, path.Join("peers", peer))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // It may have been detached by now.
			return hosts, err
		}
		if err == nil && info["uuid"] == "" {
			damaged = errors.Join(damaged, fmt.Errorf("%s: %w: it has no uuid", path.Join("peers", peer), ErrDamaged))
		}
		for key, value := range info {
			if strings.HasPrefix(key, "hostname") {
				hosts[value] = peer
			}
		}
	}
	return hosts, damaged
}

func (s *Store) readVolume(folder fs.FS, name string, hosts map[string]string) (Volume, error) {
	at := path.Join("vols", name)
	infoFile := path.Join(at, "info")
	info, err := readFile(folder, infoFile)
	if err != nil {
		return Volume{}, err
	}
	keys := brickKeys(info)
	if strconv.Itoa(len(keys)) != info["count"] {
		return Volume{}, fmt.Errorf("%s: %w: it names %d bricks of %s", infoFile, ErrDamaged, len(keys), cmp.Or(info["count"], "no number"))
	}
	volume := Volume{Name: name, Started: info["status"] == started}
	for _, key := range keys {
		file := path.Join(at, "bricks", info[key])
		brick, err := readFile(folder, file)
		if err != nil {
			return Volume{}, err
		}
		if brick["path"] == "" || brick["hostname"] == "" {
			return Volume{}, fmt.Errorf("%s: %w: it has no path or no hostname", file, ErrDamaged)
		}
		// An older glusterd has not noted whose a brick is: it is this node's if its host is no peer.
		node := cmp.Or(brick["uuid"], hosts[brick["hostname"]], s.UUID)
		volume.Bricks = append(volume.Bricks, Brick{Node: node, Host: brick["hostname"], Path: path.Clean(brick["path"])})
	}
	return volume, nil
}

// brickKeys are the keys of a volume's info that name a file of a brick, in gluster's order: brick-0 and so on.
// A file that is not named there is of a brick that the volume has no more.
func brickKeys(info map[string]string) []string {
	keys := slices.DeleteFunc(slices.Collect(maps.Keys(info)), func(key string) bool {
		number, is := strings.CutPrefix(key, "brick-")
		return !is || number == "" || strings.Trim(number, "0123456789") != ""
	})
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return keys
}

// readFile reads a file of lines KEY=VALUE.
func readFile(folder fs.FS, name string) (map[string]string, error) {
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, is := strings.Cut(strings.TrimRight(line, "\n"), "="); is {
			values[key] = value
		}
	}
	return values, nil
}
