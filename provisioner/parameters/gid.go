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

var gidWanted = fmt.Sprintf("must be a number from %d to %d", lowestGID, volume.HighestGID)

const gidsWanted = "must not be above gidMax"

func readGIDs(given values, into *Parameters) []Problem {
	lowest, problems := readGID(given, gidMin, lowestGID)
	highest, wrong := readGID(given, gidMax, volume.HighestGID)
	problems = append(problems, wrong...)
	if len(problems) == 0 && lowest > highest {
		problems = refuse(gidMin, given[gidMin], fmt.Sprintf("%s, %d", gidsWanted, highest))
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
		return 0, refuse(name, value, gidWanted)
	}
	return uint32(gid), nil
}

var admittedGIDs = []condition{
	{parameter: gidMin, holds: isGID(gidMin), wanted: gidWanted},
	{parameter: gidMax, holds: isGID(gidMax), wanted: gidWanted},
	{
		parameter: gidMin,
		holds: fmt.Sprintf("!(%[1]s) || !(%[2]s) || %[3]s <= %[4]s || %[4]s >= %[5]d",
			isGID(gidMin), isGID(gidMax), gidOr(gidMin, lowestGID), gidOr(gidMax, inTreeHighestGID), volume.HighestGID),
		wanted: gidsWanted,
	},
}

// isGID is a condition in CEL. It reads no more digits than an integer has room for.
func isGID(name string) string {
	return fmt.Sprintf("%[1]s == '' || %[1]s.matches(r'^0*[0-9]{1,10}$') && int(%[1]s) >= %[2]d && int(%[1]s) <= %[3]d",
		value(name), lowestGID, inTreeHighestGID)
}

// gidOr is the value of a parameter in CEL, or another number if none is given.
func gidOr(name string, otherwise int) string {
	return fmt.Sprintf("(%[1]s == '' ? %[2]d : int(%[1]s))", value(name), otherwise)
}
