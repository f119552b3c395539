package parameters

import (
	"slices"
	"strings"
)

const clusterID = "clusterid"

const clustersWanted = "must be heketi cluster ids, of letters and digits, separated by commas"

// readClusters checks only that the ids could be ids: which ones there are is
// for heketi to say.
func readClusters(given values, into *Parameters) []Problem {
	var refused []string
	for _, id := range items(given[clusterID]) {
		switch {
		case !alphanumeric.MatchString(id):
			refused = append(refused, id)
		case !slices.Contains(into.Clusters, id):
			into.Clusters = append(into.Clusters, id)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return refuse(clusterID, strings.Join(refused, ", "), clustersWanted)
}

var admittedClusters = []condition{
	{parameter: clusterID, holds: eachItem(clusterID, alphanumeric), wanted: clustersWanted},
}
