package rebuild

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Host is what a storage host tells.
type Host struct {
	// Name is how heketi reaches it.
	Name string

	// uuid is gluster's id of it.
	uuid string
	// peers are the hosts of its pool, itself among them, by UUID.
	peers     map[string]string
	volumes   map[string]*glusterVolume
	snapshots []string
	// groups are heketi's volume groups, by name.
	groups map[string]*group
	// links are further names of a device, by its path.
	links map[string][]string
	// gids are the groups of the folders of bricks, by path; blocks has those that hold block volumes.
	gids   map[string]int64
	blocks map[string]bool
	// fstab are the folders that it mounts when it starts, with the mount options; mounted those that are mounted.
	fstab   map[string]string
	mounted map[string]bool
}

// ParseHost reads what Script has printed on a host that heketi reaches by that name. It returns
// an error if something is missing, which says what to do.
func ParseHost(name string, document []byte) (*Host, error) {
	told, err := readSections(string(document))
	if err != nil {
		return nil, err
	}
	h := &Host{Name: name}
	var problems []error
	note := func(err error) { problems = append(problems, err) }
	h.uuid, err = readUUID(told)
	note(err)
	h.peers, err = readPeers(told)
	note(err)
	h.volumes, err = readVolumes(told)
	note(err)
	h.groups, err = readLVM(told)
	note(err)
	h.snapshots, err = readSnapshots(told)
	note(err)
	h.links = readLinks(told["links"].text)
	h.gids, h.blocks, err = readFolders(told["folders"].text)
	note(err)
	h.fstab, h.mounted = readFstab(told["fstab"].text), readMounts(told["mounts"].text)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if _, in := h.peers[h.uuid]; !in {
		return nil, fmt.Errorf("its glusterd has the UUID %s, which its pool does not have", h.uuid)
	}
	return h, nil
}

// readUUID reads the host's UUID from glusterd.info.
func readUUID(told sections) (string, error) {
	text, err := told.of("glusterd")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(text) {
		if uuid, is := strings.CutPrefix(strings.TrimSpace(line), "UUID="); is && idOf(uuid) != "" {
			return uuid, nil
		}
	}
	return "", errors.New("glusterd: glusterd.info has no UUID")
}

// readLinks reads lines of a device and the names that udev has for it below /dev.
func readLinks(text string) map[string][]string {
	links := map[string][]string{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		for i, field := range fields {
			// heketi leaves the UUID's out, which it has besides.
			if i > 0 && !strings.HasPrefix(field, "disk/by-id/lvm-pv-uuid-") {
				links[fields[0]] = append(links[fields[0]], path.Join("/dev", field))
			}
		}
	}
	return links
}

// readFolders reads lines of a GID and a folder, and of the word block and a folder.
func readFolders(text string) (gids map[string]int64, blocks map[string]bool, err error) {
	gids, blocks = map[string]int64{}, map[string]bool{}
	for line := range strings.Lines(text) {
		word, folder, ok := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case !ok:
		case word == "block":
			blocks[folder] = true
		default:
			if gids[folder], err = strconv.ParseInt(word, 10, 64); err != nil {
				return nil, nil, fmt.Errorf("folders: %w", err)
			}
		}
	}
	return gids, blocks, nil
}

// readFstab returns the mount options by the folder.
func readFstab(text string) map[string]string {
	folders := map[string]string{}
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) >= 4 && !strings.HasPrefix(fields[0], "#") {
			folders[fields[1]] = fields[3]
		}
	}
	return folders
}

// readMounts returns the folders at which devices are mounted. What has no device is no brick: glusterfs-host covers the folder
// of one that it cannot mount.
func readMounts(text string) map[string]bool {
	folders := map[string]bool{}
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) >= 2 && strings.HasPrefix(fields[0], "/") {
			folders[fields[1]] = true
		}
	}
	return folders
}
