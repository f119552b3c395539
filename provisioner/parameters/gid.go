package parameters

import (
	"fmt"
	"math"
	"strconv"
)

const (
	gidMin = "gidMin"
	gidMax = "gidMax"
)

const (
	// lowestGID is the least that gidMin may be. Kubernetes' in-tree plugin has
	// the same bound.
	lowestGID = 2000
	// highestGID is the most that gidMax may be: heketi 10.3 refuses a GID of
	// 2147483647 and above.
	highestGID = math.MaxInt32 - 1
	// inTreeHighestGID is what Kubernetes' in-tree plugin defaulted to, so that
	// classes give it although no volume could have it.
	inTreeHighestGID = math.MaxInt32
)

func readGIDs(given values, into *Parameters) []Problem {
	lowest, problems := readGID(given, gidMin, lowestGID)
	highest, wrong := readGID(given, gidMax, highestGID)
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
		gid = highestGID
	}
	if err != nil || gid < lowestGID || gid > highestGID {
		return 0, refuse(name, value, fmt.Sprintf("must be a number from %d to %d", lowestGID, highestGID))
	}
	return uint32(gid), nil
}
