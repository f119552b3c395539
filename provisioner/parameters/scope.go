package parameters

const endpointsScope = "endpointsscope"

// The values of endpointsscope.
const (
	// scopeClaim gives each claim a Service and Endpoints of its own.
	scopeClaim = "claim"
	// scopeCluster gives one Service and Endpoints to all volumes of a heketi
	// cluster.
	scopeCluster = "cluster"
)

func readEndpointsScope(given values, into *Parameters) []Problem {
	switch value := given[endpointsScope]; value {
	case "", scopeClaim:
		return nil
	case scopeCluster:
		into.SharesEndpoints = true
		return nil
	default:
		return refuse(endpointsScope, value, scopeWanted)
	}
}

const scopeWanted = "must be claim, for a Service and Endpoints beside each claim, " +
	"or cluster, for one of each for all volumes of a heketi cluster"

var admittedEndpointsScope = []condition{
	{parameter: endpointsScope, holds: isOneOf(endpointsScope, scopeClaim, scopeCluster), wanted: scopeWanted},
}
