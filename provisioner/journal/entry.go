package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
)

// Entry is a volume that is being made for a claim.
type Entry struct {
	// Claim is the claim's namespace and name, ClaimUID its UID.
	Claim    types.NamespacedName
	ClaimUID types.UID
	// PersistentVolume is the name of the PersistentVolume to come.
	PersistentVolume string
	// Class is the name of the claim's StorageClass.
	Class string
	// Volume is the volume's name in heketi.
	Volume string
	// GID is reserved for the volume.
	GID uint32
	// Heketi is the heketi that is asked to make it.
	Heketi volume.Heketi
	// HeketiClusters are the clusters that heketi had then, by which it is told
	// from another at the same address. None if it does not let them be listed.
	HeketiClusters []string
	// Source is the kind of source that the PersistentVolume is to have.
	Source volume.Source
	// Endpoints is the name of its Endpoints and Service, beside the claim; empty
	// if there will be none.
	Endpoints string
	// SharesEndpoints says that it will be mounted through the Endpoints of its
	// cluster, which is known only when the volume exists.
	SharesEndpoints bool
}

// The keys of an entry's ConfigMap.
const (
	keyProvisioner      = "provisioner"
	keyClaim            = "claim"
	keyClaimUID         = "claimUID"
	keyPersistentVolume = "persistentVolume"
	keyClass            = "storageClass"
	keyVolume           = "volume"
	keyGID              = "gid"
	keySource           = "source"
	keyEndpoints        = "endpoints"
	keySharesEndpoints  = "sharesEndpoints"
	keyURL              = "heketiURL"
	keyUser             = "heketiUser"
	keySecret           = "heketiSecret"
	keyKeyInClass       = "heketiKeyInClass"
	keyHeketiClusters   = "heketiClusters"
)

// LabelProvisioner marks an entry with the provisioner it belongs to, since
// several may share a namespace.
const LabelProvisioner = "gluster.org/journal-of"

// labelOf stands for a provisioner's name, which may be too long for a label
// and have a slash.
func labelOf(provisioner string) string {
	sum := sha256.Sum256([]byte(provisioner))
	return hex.EncodeToString(sum[:8])
}

// configMapName is particular to the provisioner, because a class that is made
// anew can bring a claim from one to another.
func configMapName(provisioner string, claim types.UID) string {
	return "claim-" + string(claim) + "-" + labelOf(provisioner)
}

func (e Entry) configMap(provisioner string) *v1.ConfigMap {
	data := map[string]string{
		keyProvisioner:      provisioner,
		keyClaim:            e.Claim.String(),
		keyClaimUID:         string(e.ClaimUID),
		keyPersistentVolume: e.PersistentVolume,
		keyClass:            e.Class,
		keyVolume:           e.Volume,
		keyGID:              strconv.FormatUint(uint64(e.GID), 10),
		keySource:           string(e.Source),
		keyURL:              e.Heketi.URL,
	}
	if e.SharesEndpoints {
		data[keySharesEndpoints] = "true"
	}
	if e.Endpoints != "" {
		data[keyEndpoints] = e.Endpoints
	}
	if e.Heketi.User != "" {
		data[keyUser] = e.Heketi.User
	}
	if e.Heketi.Secret != nil {
		data[keySecret] = e.Heketi.Secret.String()
	}
	if e.Heketi.KeyInClass {
		data[keyKeyInClass] = "true"
	}
	if len(e.HeketiClusters) > 0 {
		data[keyHeketiClusters] = strings.Join(e.HeketiClusters, ",")
	}
	return &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Name:   configMapName(provisioner, e.ClaimUID),
			Labels: map[string]string{LabelProvisioner: labelOf(provisioner)},
		},
		Data: data,
	}
}

func entryFrom(configMap *v1.ConfigMap) (Entry, error) {
	data := configMap.Data
	source, err := sourceFrom(data[keySource])
	if err != nil {
		return Entry{}, err
	}
	needed := []string{keyClaim, keyClaimUID, keyPersistentVolume, keyVolume, keyURL}
	shares := data[keySharesEndpoints] == "true"
	if source == volume.Glusterfs && !shares {
		needed = append(needed, keyEndpoints)
	}
	for _, key := range needed {
		if data[key] == "" {
			return Entry{}, fmt.Errorf("key %s is missing", key)
		}
	}
	namespace, name, _ := strings.Cut(data[keyClaim], "/")
	if namespace == "" || name == "" {
		return Entry{}, fmt.Errorf("key %s is %q; it must read namespace/name", keyClaim, data[keyClaim])
	}
	gid, err := strconv.ParseUint(data[keyGID], 10, 32)
	if err != nil {
		return Entry{}, fmt.Errorf("key %s: %w", keyGID, err)
	}
	entry := Entry{
		Claim:            types.NamespacedName{Namespace: namespace, Name: name},
		ClaimUID:         types.UID(data[keyClaimUID]),
		PersistentVolume: data[keyPersistentVolume],
		Class:            data[keyClass],
		Volume:           data[keyVolume],
		GID:              uint32(gid),
		Source:           source,
		Endpoints:        data[keyEndpoints],
		SharesEndpoints:  shares,
		Heketi: volume.Heketi{
			URL:        data[keyURL],
			User:       data[keyUser],
			KeyInClass: data[keyKeyInClass] == "true",
		},
	}
	if clusters := data[keyHeketiClusters]; clusters != "" {
		entry.HeketiClusters = strings.Split(clusters, ",")
	}
	if secret, ok := data[keySecret]; ok {
		if entry.Heketi.Secret, err = volume.ParseSecretRef(secret); err != nil {
			return Entry{}, fmt.Errorf("key %s: %w", keySecret, err)
		}
	}
	return entry, nil
}

// sourceFrom reads the kind of source. Provisioners that knew only one noted none.
func sourceFrom(text string) (volume.Source, error) {
	switch source := volume.Source(text); source {
	case "":
		return volume.Glusterfs, nil
	case volume.Glusterfs, volume.CSI:
		return source, nil
	}
	return "", fmt.Errorf("key %s is %q; it must be %s or %s", keySource, text, volume.Glusterfs, volume.CSI)
}
