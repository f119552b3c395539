package journal

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/provisioner/volume"
)

// Entry is a volume that is being made for a claim.
type Entry struct {
	// Claim is the claim's namespace and name, ClaimUID its UID.
	Claim    types.NamespacedName
	ClaimUID types.UID
	// Kubernetes is the UID of the Kubernetes cluster that makes it; empty if that is not
	// known.
	Kubernetes types.UID
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

// written is an entry as it is written. The claim's UID is the key that it has in the
// ConfigMap.
type written struct {
	Claim            string        `json:"claim"`
	PersistentVolume string        `json:"persistentVolume"`
	StorageClass     string        `json:"storageClass,omitempty"`
	Volume           string        `json:"volume"`
	GID              *uint32       `json:"gid"`
	Source           volume.Source `json:"source"`
	Endpoints        string        `json:"endpoints,omitempty"`
	SharesEndpoints  bool          `json:"sharesEndpoints,omitempty"`
	HeketiURL        string        `json:"heketiURL"`
	HeketiUser       string        `json:"heketiUser,omitempty"`
	HeketiSecret     string        `json:"heketiSecret,omitempty"`
	HeketiKeyInClass bool          `json:"heketiKeyInClass,omitempty"`
	HeketiClusters   []string      `json:"heketiClusters,omitempty"`
	Kubernetes       types.UID     `json:"kubernetes,omitempty"`
}

// text returns an entry as it is written, in YAML, since administrators may have to read
// and correct it.
func (e Entry) text() (string, error) {
	w := written{
		Claim:            e.Claim.String(),
		PersistentVolume: e.PersistentVolume,
		StorageClass:     e.Class,
		Volume:           e.Volume,
		GID:              &e.GID,
		Source:           e.Source,
		Endpoints:        e.Endpoints,
		SharesEndpoints:  e.SharesEndpoints,
		HeketiURL:        e.Heketi.URL,
		HeketiUser:       e.Heketi.User,
		HeketiKeyInClass: e.Heketi.KeyInClass,
		HeketiClusters:   e.HeketiClusters,
		Kubernetes:       e.Kubernetes,
	}
	if e.Heketi.Secret != nil {
		w.HeketiSecret = e.Heketi.Secret.String()
	}
	text, err := yaml.Marshal(w)
	return string(text), err
}

// entryFrom reads what was written for a claim. The error names the field.
func entryFrom(claim types.UID, text string) (Entry, error) {
	var w written
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		return Entry{}, err
	}
	if err := w.check(); err != nil {
		return Entry{}, err
	}
	namespace, name, _ := strings.Cut(w.Claim, "/")
	if namespace == "" || name == "" {
		return Entry{}, fmt.Errorf("claim is %q; it must read namespace/name", w.Claim)
	}
	entry := Entry{
		Claim:            types.NamespacedName{Namespace: namespace, Name: name},
		ClaimUID:         claim,
		PersistentVolume: w.PersistentVolume,
		Class:            w.StorageClass,
		Volume:           w.Volume,
		GID:              *w.GID,
		Source:           w.Source,
		Endpoints:        w.Endpoints,
		SharesEndpoints:  w.SharesEndpoints,
		Heketi:           volume.Heketi{URL: w.HeketiURL, User: w.HeketiUser, KeyInClass: w.HeketiKeyInClass},
		HeketiClusters:   w.HeketiClusters,
		Kubernetes:       w.Kubernetes,
	}
	if w.HeketiSecret != "" {
		var err error
		if entry.Heketi.Secret, err = volume.ParseSecretRef(w.HeketiSecret); err != nil {
			return Entry{}, fmt.Errorf("heketiSecret: %w", err)
		}
	}
	return entry, nil
}

// check says which fields are missing.
func (w written) check() error {
	var missing []error
	need := func(field string, is bool) {
		if !is {
			missing = append(missing, fmt.Errorf("%s is missing", field))
		}
	}
	need("claim", w.Claim != "")
	need("persistentVolume", w.PersistentVolume != "")
	need("volume", w.Volume != "")
	need("gid", w.GID != nil)
	need("heketiURL", w.HeketiURL != "")
	switch w.Source {
	case volume.Glusterfs:
		need("endpoints", w.Endpoints != "" || w.SharesEndpoints)
	case volume.CSI:
	default:
		missing = append(missing, fmt.Errorf("source is %q; it must be %s or %s", w.Source, volume.Glusterfs, volume.CSI))
	}
	return errors.Join(missing...)
}
