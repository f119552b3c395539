package e2e

import (
	"slices"
	"strings"

	"glusterfs-provisioner/test/e2e/gluster"
)

// step is a command that heketi has a host run, and when it is held there.
type step struct {
	moment gluster.Moment
	// command is a pattern of the shell's.
	command string
}

// name is a step's name in a test.
func (s step) name() string {
	name := strings.NewReplacer(" -p /", "-folder", " /", "-brick", " -o", "", "*", "-", " -i.save", "", " ", "-").Replace(s.command)
	return string(s.moment) + "-" + strings.Trim(name, "-_")
}

// The commands in their order. That one is over and the next one has not begun is the
// same, so of those in a row only the first has a step before it. On the other hosts the
// rest goes on as it comes.
var (
	// stepsOfABrick make a brick.
	stepsOfABrick = slices.Concat(before("mkdir -p /"),
		after("mkdir -p /", "lvcreate", "mkfs.xfs", "awk*fstab", "mount -o", "mkdir /", "chown", "chmod"))
	stepsOfCreating  = slices.Concat(stepsOfABrick, before("volume create"), after("volume create", "volume start"))
	stepsOfExpanding = slices.Concat(stepsOfABrick, before("volume add-brick"), after("volume add-brick", "volume rebalance"))
	stepsOfDeleting  = slices.Concat(before("volume stop"),
		after("volume stop", "volume delete", "umount", "sed -i.save", "lvremove*brick_", "thin_count", "lvremove*tp_", "rmdir"))
)

func before(commands ...string) []step { return steps(gluster.Before, commands) }

func after(commands ...string) []step { return steps(gluster.After, commands) }

func steps(moment gluster.Moment, commands []string) []step {
	var all []step
	for _, command := range commands {
		all = append(all, step{moment, command})
	}
	return all
}
