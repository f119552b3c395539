package volume

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// The keys of a PersistentVolume's spec.csi.volumeAttributes. Others are ignored,
// so that there can be more in future.
const (
	clusterAttribute = "cluster"
	volumeAttribute  = "volume"
	serversAttribute = "servers"
)

// maxName is how long GlusterFS lets the name of a volume be, GD_VOLUME_NAME_MAX in
// its sources.
const maxName = 255

var (
	// heketiID is the form of the ids that heketi gives to clusters and volumes.
	heketiID = regexp.MustCompile(`^[0-9a-f]{32}$`)
	// gluster and heketi allow these characters; a dash at the beginning would
	// read like an option.
	name = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9_-]*$`)
)

// Volume is a GlusterFS volume, and where it is.
type Volume struct {
	// Cluster and ID are heketi's ids of the cluster and the volume.
	Cluster, ID string
	// Name is what GlusterFS calls the volume.
	Name string
	// Servers are the servers of the cluster when the volume was made, in no
	// order; at least one.
	Servers []netip.Addr
}

// Parse reads a PersistentVolume's spec.csi.volumeHandle and volumeAttributes. The
// error names all fields that are wrong.
func Parse(handle string, attributes map[string]string) (Volume, error) {
	var v Volume
	var problems []error
	wrong := func(field, value, want string) {
		problems = append(problems, fmt.Errorf("%s %q: want %s", field, value, want))
	}
	v.Cluster, v.ID, _ = strings.Cut(handle, ":")
	if !heketiID.MatchString(v.Cluster) || !heketiID.MatchString(v.ID) {
		wrong("volumeHandle", handle, "heketi's id of the cluster, a colon and heketi's id of the volume, each of 32 hexadecimal digits")
	} else if attribute := attributes[clusterAttribute]; attribute != v.Cluster {
		wrong("volumeAttributes.cluster", attribute, "the cluster of the volumeHandle, "+v.Cluster)
	}
	if v.Name = attributes[volumeAttribute]; !name.MatchString(v.Name) || len(v.Name) > maxName {
		wrong("volumeAttributes.volume", v.Name, "the name of a GlusterFS volume: letters, digits, _ and -")
	}
	var err error
	if v.Servers, err = ParseServers(attributes[serversAttribute]); err != nil {
		problems = append(problems, fmt.Errorf("volumeAttributes.servers: %w", err))
	}
	if len(problems) > 0 {
		return Volume{}, errors.Join(problems...)
	}
	return v, nil
}

// ParseServers reads IP addresses with commas in between. There has to be one.
func ParseServers(list string) ([]netip.Addr, error) {
	var servers []netip.Addr
	for server := range strings.SplitSeq(list, ",") {
		address, err := netip.ParseAddr(server)
		// A zone is the name of a network interface, which differs between nodes.
		if err != nil || address.Zone() != "" || address.IsUnspecified() || address.IsMulticast() {
			return nil, fmt.Errorf("%q: want IP addresses of GlusterFS servers with commas in between, such as 10.0.0.1,fd00::2; %q is none", list, server)
		}
		servers = append(servers, address)
	}
	return servers, nil
}
