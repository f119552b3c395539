package journal

import (
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
	// Server is the heketi that is asked to make it.
	Server volume.Server
	// Endpoints is the name of its Endpoints and Service, beside the claim.
	Endpoints string
}

// The keys of an entry's ConfigMap.
const (
	keyClaim            = "claim"
	keyClaimUID         = "claimUID"
	keyPersistentVolume = "persistentVolume"
	keyClass            = "storageClass"
	keyVolume           = "volume"
	keyGID              = "gid"
	keyEndpoints        = "endpoints"
	keyURL              = "heketiURL"
	keyUser             = "heketiUser"
	keySecret           = "heketiSecret"
	keyKeyInClass       = "heketiKeyInClass"
)

func configMapName(claim types.UID) string { return "claim-" + string(claim) }

func (e Entry) configMap(labels map[string]string) *v1.ConfigMap {
	data := map[string]string{
		keyClaim:            e.Claim.String(),
		keyClaimUID:         string(e.ClaimUID),
		keyPersistentVolume: e.PersistentVolume,
		keyClass:            e.Class,
		keyVolume:           e.Volume,
		keyGID:              strconv.FormatUint(uint64(e.GID), 10),
		keyEndpoints:        e.Endpoints,
		keyURL:              e.Server.URL,
	}
	if e.Server.User != "" {
		data[keyUser] = e.Server.User
	}
	if e.Server.Secret != nil {
		data[keySecret] = e.Server.Secret.String()
	}
	if e.Server.KeyInClass {
		data[keyKeyInClass] = "true"
	}
	return &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: configMapName(e.ClaimUID), Labels: labels},
		Data:       data,
	}
}

func entryFrom(configMap *v1.ConfigMap) (Entry, error) {
	data := configMap.Data
	for _, key := range []string{keyClaim, keyClaimUID, keyPersistentVolume, keyVolume, keyEndpoints, keyURL} {
		if data[key] == "" {
			return Entry{}, fmt.Errorf("key %s is missing", key)
		}
	}
	namespace, name, _ := strings.Cut(data[keyClaim], "/")
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
		Endpoints:        data[keyEndpoints],
		Server: volume.Server{
			URL:        data[keyURL],
			User:       data[keyUser],
			KeyInClass: data[keyKeyInClass] == "true",
		},
	}
	if secret, ok := data[keySecret]; ok {
		if entry.Server.Secret, err = volume.ParseSecretRef(secret); err != nil {
			return Entry{}, fmt.Errorf("key %s: %w", keySecret, err)
		}
	}
	return entry, nil
}
