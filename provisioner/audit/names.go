package audit

import (
	"regexp"

	"k8s.io/apimachinery/pkg/types"
)

// claimsName matches the names that volume.NameInHeketi returns: pvc-UID, or
// with a prefix ..._UID. Kubernetes writes a UID in lower case.
var claimsName = regexp.MustCompile(`^(?:pvc-|[a-zA-Z0-9_-]+_)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// claimIn returns the UID of the claim that a volume's name in heketi is for;
// false if the name is not one that a claim's volume has.
func claimIn(name string) (types.UID, bool) {
	match := claimsName.FindStringSubmatch(name)
	if match == nil {
		return "", false
	}
	return types.UID(match[1]), true
}
