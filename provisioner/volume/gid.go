package volume

import (
	"math"
	"strconv"

	v1 "k8s.io/api/core/v1"
)

// HighestGID is the highest GID that a volume can have: heketi 10.3 refuses those from
// math.MaxInt32 on (apps/glusterfs/app_volume.go).
const HighestGID = math.MaxInt32 - 1

// GIDOf returns the GID that a PersistentVolume carries, whoever made it; false if it
// carries none, or something that is no GID.
func GIDOf(pv *v1.PersistentVolume) (uint32, bool) {
	gid, err := strconv.ParseUint(pv.Annotations[AnnotationGID], 10, 32)
	return uint32(gid), err == nil
}
