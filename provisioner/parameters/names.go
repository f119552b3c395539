package parameters

import "regexp"

const (
	volumeNamePrefix    = "volumenameprefix"
	endpointsNamePrefix = "customepnameprefix"
)

// defaultEndpointsNamePrefix is what Kubernetes' in-tree plugin used.
const defaultEndpointsNamePrefix = "glusterfs-dynamic"

const (
	volumeNamePrefixWanted    = "must be letters, digits and dashes, at most 40, and not begin with a dash"
	endpointsNamePrefixWanted = "must be lower-case letters, digits and dashes, at most 26, and begin with a letter"
)

var (
	// volumeNamePrefixForm has no underscore, as Kubernetes' in-tree plugin had none, although
	// Gluster would take it.
	volumeNamePrefixForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]{0,39})?$`)
	// endpointsNamePrefixForm leaves room for a dash and a UID of 36 in a Service's name, which
	// is a DNS label of at most 63.
	endpointsNamePrefixForm = regexp.MustCompile(`^([a-z][a-z0-9-]{0,25})?$`)
)

func readVolumeNamePrefix(given values, into *Parameters) []Problem {
	prefix := given[volumeNamePrefix]
	if !volumeNamePrefixForm.MatchString(prefix) {
		return refuse(volumeNamePrefix, prefix, volumeNamePrefixWanted)
	}
	into.VolumeNamePrefix = prefix
	return nil
}

var admittedVolumeNamePrefix = []condition{
	{parameter: volumeNamePrefix, holds: matches(volumeNamePrefix, volumeNamePrefixForm), wanted: volumeNamePrefixWanted},
}

func readEndpointsNamePrefix(given values, into *Parameters) []Problem {
	prefix := given[endpointsNamePrefix]
	if !endpointsNamePrefixForm.MatchString(prefix) {
		return refuse(endpointsNamePrefix, prefix, endpointsNamePrefixWanted)
	}
	if into.EndpointsNamePrefix = prefix; prefix == "" {
		into.EndpointsNamePrefix = defaultEndpointsNamePrefix
	}
	return nil
}

var admittedEndpointsNamePrefix = []condition{
	{parameter: endpointsNamePrefix, holds: matches(endpointsNamePrefix, endpointsNamePrefixForm), wanted: endpointsNamePrefixWanted},
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
