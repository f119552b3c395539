package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// LabelProvisioner marks the ConfigMap with the provisioner it belongs to, since
// several may share a namespace.
const LabelProvisioner = "gluster.org/journal-of"

// annotationProvisioner is the name of that provisioner, for people.
const annotationProvisioner = "gluster.org/provisioner"

// sizeLimit is how many bytes the entries may have, about 1,400 entries. The API server
// takes no more than 1 MiB (Kubernetes' MaxSecretSize).
const sizeLimit = 900 << 10

// labelOf stands for a provisioner's name, which may be too long for a label
// and have a slash.
func labelOf(provisioner string) string {
	sum := sha256.Sum256([]byte(provisioner))
	return hex.EncodeToString(sum[:8])
}

// configMapName is particular to the provisioner, because a class that is made
// anew can bring a claim from one to another.
func configMapName(provisioner string) string { return "glusterfs-journal-" + labelOf(provisioner) }

// Selector selects the ConfigMaps with a provisioner's journal, in whatever namespace they are.
func Selector(provisioner string) string { return LabelProvisioner + "=" + labelOf(provisioner) }

func newConfigMap(provisioner string, entries map[string]string) *v1.ConfigMap {
	return &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name:        configMapName(provisioner),
			Labels:      map[string]string{LabelProvisioner: labelOf(provisioner)},
			Annotations: map[string]string{annotationProvisioner: provisioner},
		},
		Data: entries,
	}
}

// page is the ConfigMap as the API server has last answered.
type page struct {
	// read is false if the API server has to be asked first.
	read bool
	// configMap is nil if there is none.
	configMap *v1.ConfigMap
}

// entries returns the texts of the entries by their claims' UIDs.
func (p page) entries() map[string]string {
	if p.configMap == nil {
		return nil
	}
	return p.configMap.Data
}

// list reads all entries, in the order of their claims' UIDs.
func (p page) list() ([]Entry, error) {
	var entries []Entry
	for _, claim := range slices.Sorted(maps.Keys(p.entries())) {
		entry, err := entryFrom(types.UID(claim), p.configMap.Data[claim])
		if err != nil {
			return nil, p.unreadable(types.UID(claim), err)
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// unreadable is the error of a claim's entry that cannot be read for that reason.
func (p page) unreadable(claim types.UID, reason error) error {
	return fmt.Errorf("key %s of ConfigMap %s/%s, which says what volume is being made, cannot be read: %w; correct it, or remove the key after deleting its volume in heketi",
		claim, p.configMap.Namespace, p.configMap.Name, reason)
}

// changes are the texts that claims' entries shall have; an empty one is removed.
type changes map[types.UID]string

// apply returns the entries with the changes, which of them there is no room for, and
// whether there is something to write. What there is no room for stays as it is. An entry
// that is to be there is written even if it is known to be: somebody may have removed it.
func (c changes) apply(before map[string]string) (after map[string]string, refused map[types.UID]error, due bool) {
	after, refused = map[string]string{}, map[types.UID]error{}
	size := 0
	for claim, text := range before {
		if now, changes := c[types.UID(claim)]; changes && now == "" {
			due = true
			continue
		}
		after[claim] = text
		size += len(claim) + len(text)
	}
	for _, claim := range slices.Sorted(maps.Keys(c)) {
		text := c[claim]
		if text == "" {
			continue
		}
		earlier, had := after[string(claim)]
		grown := size + len(text) - len(earlier)
		if !had {
			grown += len(claim)
		}
		if grown > sizeLimit {
			refused[claim] = fmt.Errorf("%d volumes are in the making, and there is no room to note more; see why they are not ended: the claims' events, and those of this ConfigMap, say", len(after))
			continue
		}
		after[string(claim)], size, due = text, grown, true
	}
	return after, refused, due
}
