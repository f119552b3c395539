package host

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/bricks"
	"glusterfs-provisioner/host/store"
)

// notePorts writes down on which ports the bricks listen that run. A glusterd that starts reads it, and sends clients there. It does not
// write it down itself after a volume was changed while it did not reach the others: it takes the change over from them and starts its
// bricks anew, on other ports, after it has written (glusterd_import_friend_volume of GlusterFS 10 and 11). The next glusterd would then
// send clients to where nothing listens, and call the brick online.
func (h *Host) notePorts() {
	all, _ := h.bricks() // Those that cannot be told are told of by the survey.
	for _, brick := range ofGluster(all) {
		if err := h.notePort(brick); err != nil {
			klog.ErrorS(err, "Cannot write down the port of a brick; clients may not find it", "volume", brick.Volume, "path", brick.Path)
		}
	}
}

func (h *Host) notePort(brick bricks.Brick) error {
	pid, runs := h.process(brick)
	if !runs {
		return nil // It gets a port when it is started.
	}
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return err
	}
	port, err := portOf(arguments)
	if err != nil {
		return err
	}
	path := filepath.Join(h.config.Glusterd, brick.StoreFile())
	written, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	noted := store.WithPort(written, port)
	if bytes.Equal(noted, written) {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	klog.InfoS("Writing down the port of a brick, which glusterd has not", "volume", brick.Volume, "path", brick.Path, "port", port)
	return replaceFile(path, noted, info.Mode().Perm())
}

// portArgument is what of a brick's arguments the port follows.
const portArgument = "--brick-port"

// portOf returns the port of a brick by its arguments, as the kernel tells them.
func portOf(arguments []byte) (int, error) {
	words := bytes.Split(arguments, []byte{0})
	for i, word := range words[:len(words)-1] {
		if string(word) == portArgument {
			return strconv.Atoi(string(words[i+1]))
		}
	}
	return 0, fmt.Errorf("the process of the brick has no argument %s", portArgument)
}
