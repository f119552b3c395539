package rebuild

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

var heketiID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// idOf makes an id in heketi's form of a UUID; empty if it is none.
func idOf(uuid string) string {
	id := strings.ToLower(strings.ReplaceAll(uuid, "-", ""))
	if !heketiID.MatchString(id) {
		return ""
	}
	return id
}

// newID makes an id of texts, the same each time.
func newID(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\n")))
	return hex.EncodeToString(sum[:16])
}
