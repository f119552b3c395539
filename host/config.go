package host

import (
	"path/filepath"
	"time"
)

// Config says where things are, and how long to wait for them.
type Config struct {
	// Glusterd is glusterd's working folder, and Heketi the one with heketi's list of mounts; both are the host's.
	Glusterd, Heketi string
	// Node is the node's name in Kubernetes, and ClusterCA a file with the certificates of the cluster's authorities, if
	// there is one: what glusterd's folder is marked with.
	Node, ClusterCA string
	// Run is a folder for what must not outlive a start: glusterd's is /run/gluster in the container.
	Run string
	// Image is a folder with the hooks/ and groups/ that GlusterFS comes with.
	Image string
	// Settings is glusterd's file of settings as GlusterFS comes with it, and LastBrickPort the highest port of a brick.
	Settings      string
	LastBrickPort int
	// IPv6 is whether glusterd is known by such addresses.
	IPv6 bool
	// Logs is GlusterFS's folder of logs, and LogSize from how many bytes on a log is begun anew.
	Logs    string
	LogSize int64
	// LVM is the command that runs its arguments where LVM is.
	LVM string
	// DeviceWait is how long the start waits for disks that come late.
	DeviceWait time.Duration
	// SurveyInterval is how often it is looked whether all is well, and MountInterval how often a brick is tried again that could
	// not be mounted.
	SurveyInterval, MountInterval time.Duration
	// Grace is how long the end waits for the bricks.
	Grace time.Duration
	// Told is called with each state that was found.
	Told func(State)
}

// fstab is heketi's list of mounts.
func (c Config) fstab() string { return filepath.Join(c.Heketi, "fstab") }

// settings is glusterd's file of settings as it is started with.
func (c Config) settings() string { return filepath.Join(c.Run, "glusterd.vol") }
