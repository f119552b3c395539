package parameters

import (
	"fmt"
	"strings"
)

const (
	volumeNamePrefix    = "volumenameprefix"
	endpointsNamePrefix = "customepnameprefix"
)

const (
	// defaultEndpointsNamePrefix is what Kubernetes' in-tree plugin used.
	defaultEndpointsNamePrefix = "glusterfs-dynamic"
	// maxEndpointsNamePrefix is the length that a dash and a UID of 36 leave of
	// a Service's name, which is a DNS label of at most 63.
	maxEndpointsNamePrefix = 63 - 1 - 36
	maxVolumeNamePrefix    = 40
)

// readVolumeNamePrefix refuses the underscore, as Kubernetes' in-tree plugin did, although
// Gluster would take it.
func readVolumeNamePrefix(given values, into *Parameters) []Problem {
	prefix := given[volumeNamePrefix]
	if len(prefix) > maxVolumeNamePrefix || !consistsOf(prefix, alphanumeric+"-") || strings.HasPrefix(prefix, "-") {
		return refuse(volumeNamePrefix, prefix,
			fmt.Sprintf("must be letters, digits and dashes, at most %d, and not begin with a dash", maxVolumeNamePrefix))
	}
	into.VolumeNamePrefix = prefix
	return nil
}

func readEndpointsNamePrefix(given values, into *Parameters) []Problem {
	prefix := given[endpointsNamePrefix]
	if prefix == "" {
		prefix = defaultEndpointsNamePrefix
	}
	if len(prefix) > maxEndpointsNamePrefix || !consistsOf(prefix, lowerCase+digits+"-") || !consistsOf(prefix[:1], lowerCase) {
		return refuse(endpointsNamePrefix, prefix,
			fmt.Sprintf("must be lower-case letters, digits and dashes, at most %d, and begin with a letter", maxEndpointsNamePrefix))
	}
	into.EndpointsNamePrefix = prefix
	return nil
}

// EndpointsNaming returns what begins the name of Endpoints for a class with these
// parameters, and whether all volumes of a heketi cluster share them. Parameters that are
// wrong count as missing.
func EndpointsNaming(given map[string]string) (prefix string, shared bool) {
	if parsed, err := Parse(given); err == nil {
		return parsed.EndpointsNamePrefix, parsed.SharesEndpoints
	}
	return defaultEndpointsNamePrefix, false
}
