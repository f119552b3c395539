package gluster

import (
	"errors"
	"slices"
	"strings"
)

// ErrHidesFiles says that gluster would not find all files of the volume by their names once it
// has grown.
var ErrHidesFiles = errors.New("it would hide files")

// LookupOptimize is the option that hides files. With it, a client that does not find a file
// on the bricks where its name belongs looks nowhere else. When a volume grows, names belong
// to other bricks at once, but their files come later. One host that is done with a folder
// declares it done for all hosts (https://github.com/gluster/glusterfs/issues/973). From then
// on, files that another host has not looked at cannot be opened, for some time or for good,
// and a program that makes such a file anew gets a second one. Listing the folder shows them.
//
// It is on by default since GlusterFS 7 (https://github.com/gluster/glusterfs/issues/118).
const LookupOptimize = "cluster.lookup-optimize"

// no are the words of gluster for a boolean that is off.
var no = []string{"off", "no", "false", "disable", "0"}

// IsLookupOptimize says whether an option of that name is LookupOptimize. gluster takes names
// without what stands before the dot, too.
func IsLookupOptimize(name string) bool {
	return name == LookupOptimize || "cluster."+name == LookupOptimize
}

// IsOff says whether gluster takes an option's value for off.
func IsOff(value string) bool { return slices.Contains(no, strings.ToLower(value)) }

// FindAll is the command that has all clients of a volume find all of its files at once.
func FindAll(volume string) string {
	return "gluster volume set " + volume + " " + LookupOptimize + " off"
}

// CheckGrowth returns ErrHidesFiles if the volume of that id in heketi must not grow before
// somebody has turned LookupOptimize off. A volume that no host tells of may grow.
func (s *State) CheckGrowth(volume string) error {
	entry, known := s.Database.Volumes[volume]
	if !known {
		return nil
	}
	hosts, _ := s.hostsOf(entry.Info.Cluster)
	for _, host := range hosts {
		if inGluster, told := host.volume(entry.Info.Name); told && inGluster.hidesFiles() {
			return ErrHidesFiles
		}
	}
	return nil
}

// hidesFiles says whether LookupOptimize is on.
func (v Volume) hidesFiles() bool { return !IsOff(v.Options[LookupOptimize]) }
