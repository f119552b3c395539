package parameters

import "strings"

// These are parameters of the former provisioner gluster.org/glusterfile.
const (
	smartClone  = "smartclone"
	gidAllocate = "gidallocate"
)

// checkFormer accepts the former provisioner's parameters as long as they ask
// for nothing that is missing here.
func checkFormer(given values, _ *Parameters) []Problem {
	var problems []Problem
	if value := strings.ToLower(given[smartClone]); value != "" && value != "false" {
		problems = refuse(smartClone, given[smartClone],
			"must be false or left out: a heketi clone shares its source's GID and can corrupt heketi's database")
	}
	if value := strings.ToLower(given[gidAllocate]); value != "" && value != "true" {
		problems = append(problems, refuse(gidAllocate, given[gidAllocate],
			"must be true or left out: without a GID of its own a volume is open to every pod")...)
	}
	return problems
}
