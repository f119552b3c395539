package volume

import (
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// maxHeketiName bounds the name of a volume in heketi, in characters. glusterd
// refuses a volume when its name, a storage host and a brick's path together
// exceed a file name of 255 characters; with heketi's brick paths of about 104
// characters and long host names, 90 is always accepted.
const maxHeketiName = 90

// PersistentVolumeName returns what the library calls the PersistentVolume that it makes for a
// claim (getProvisionedVolumeNameForClaim in it).
func PersistentVolumeName(claim types.UID) string { return "pvc-" + string(claim) }

// NameInHeketi returns what the volume for a claim is called in heketi. It
// contains the claim's UID, so it is the claim's alone and the same each time.
//
// Without a prefix it is the PersistentVolume's name, which the controllers make of the
// UID. With one it reads prefix_namespace_claim_UID. Dots become "-", since heketi does
// not allow them. If it is too long, the middle of the part before the UID is cut out.
func NameInHeketi(prefix, namespace, claim string, uid types.UID, pvName string) string {
	if prefix == "" {
		return pvName
	}
	readable := strings.ReplaceAll(prefix+"_"+namespace+"_"+claim, ".", "-")
	tail := "_" + string(uid)
	if room := maxHeketiName - len(tail); len(readable) > room {
		const cut = "--"
		head := (room - len(cut)) / 2
		readable = readable[:head] + cut + readable[len(readable)-(room-len(cut)-head):]
	}
	return readable + tail
}

// NameIn returns the volume's name in heketi from the path that is mounted: behind the
// name, that may have a folder in the volume.
func NameIn(path string) string {
	name, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	return name
}

// EndpointsName returns the name of the Endpoints and the Service of a claim's
// volume.
func EndpointsName(prefix string, claim types.UID) string {
	return prefix + "-" + string(claim)
}

// SharedEndpointsName returns the name of the Endpoints and the Service that the
// volumes of a heketi cluster share.
func SharedEndpointsName(prefix, cluster string) string {
	return prefix + "-" + cluster
}

// HostsName returns the name of the ConfigMap, in the provisioner's own namespace,
// that lists the present storage hosts of a heketi cluster for the node plugin.
func HostsName(cluster string) string {
	return "glusterfs-cluster-" + cluster
}

// HasOwnEndpoints says whether there are Endpoints that are the volume's alone.
func (m Made) HasOwnEndpoints() bool {
	return m.EndpointsName != "" && !m.SharesEndpoints()
}

// SharesEndpoints says whether the volume's Endpoints are those of its cluster
// rather than its own.
func (m Made) SharesEndpoints() bool {
	return m.Cluster != "" && strings.HasSuffix(m.EndpointsName, SharedEndpointsName("", m.Cluster))
}
