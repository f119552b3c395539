package parameters

import "strings"

// These are parameters of the former provisioner gluster.org/glusterfile.
const (
	smartClone  = "smartclone"
	gidAllocate = "gidallocate"
)

const (
	smartCloneWanted  = "must be false or left out: a heketi clone shares its source's GID and can corrupt heketi's database"
	gidAllocateWanted = "must be true or left out: without a GID of its own a volume is open to every pod"
)

// checkFormer accepts the former provisioner's parameters as long as they ask
// for nothing that is missing here.
func checkFormer(given values, _ *Parameters) []Problem {
	var problems []Problem
	if value := strings.ToLower(given[smartClone]); value != "" && value != "false" {
		problems = refuse(smartClone, given[smartClone], smartCloneWanted)
	}
	if value := strings.ToLower(given[gidAllocate]); value != "" && value != "true" {
		problems = append(problems, refuse(gidAllocate, given[gidAllocate], gidAllocateWanted)...)
	}
	return problems
}

var admittedFormer = []condition{
	{parameter: smartClone, holds: isOneOfInAnyCase(smartClone, "false"), wanted: smartCloneWanted},
	{parameter: gidAllocate, holds: isOneOfInAnyCase(gidAllocate, "true"), wanted: gidAllocateWanted},
}
