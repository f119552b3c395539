package parameters

import (
	"fmt"
	"math"
	"strconv"

	"glusterfs-provisioner/provisioner/volume"
)

const (
	gidMin = "gidMin"
	gidMax = "gidMax"
)

const (
	// lowestGID is the least that gidMin may be. Kubernetes' in-tree plugin has
	// the same bound.
	lowestGID = 2000
	// inTreeHighestGID is what gidMax was by default in Kubernetes' in-tree plugin.
	// Classes give it, although no volume can have it.
	inTreeHighestGID = math.MaxInt32
)

func readGIDs(given values, into *Parameters) []Problem {
	lowest, problems := readGID(given, gidMin, lowestGID)
	highest, wrong := readGID(given, gidMax, volume.HighestGID)
	problems = append(problems, wrong...)
	if len(problems) == 0 && lowest > highest {
		problems = refuse(gidMin, given[gidMin], fmt.Sprintf("must not be above gidMax, %d", highest))
	}
	into.GIDMin, into.GIDMax = lowest, highest
	return problems
}

func readGID(given values, name string, otherwise uint32) (uint32, []Problem) {
	value := given[name]
	if value == "" {
		return otherwise, nil
	}
	gid, err := strconv.ParseUint(value, 10, 32)
	if gid == inTreeHighestGID {
		gid = volume.HighestGID
	}
	if err != nil || gid < lowestGID || gid > volume.HighestGID {
		return 0, refuse(name, value, fmt.Sprintf("must be a number from %d to %d", lowestGID, volume.HighestGID))
	}
	return uint32(gid), nil
}
