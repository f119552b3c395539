package conversion

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
)

// LabelProvisioner marks the records with the provisioner that they belong to.
const LabelProvisioner = "gluster.org/conversions-of"

// annotationProvisioner is the name of that provisioner, for people.
const annotationProvisioner = "gluster.org/provisioner"

// The keys of a record.
const (
	keyName   = "persistentVolume"
	keyPolicy = "reclaimPolicy"
	keyBefore = "before"
	keyAfter  = "after"
	keyBound  = "bound"
)

// replacement is one PersistentVolume that is being replaced by another. It does not
// change; another takes its place.
type replacement struct {
	name string
	// before and after are the two as they were read and are to be made.
	before, after text
	// policy is the reclaim policy to have again.
	policy v1.PersistentVolumeReclaimPolicy
	// bound is the UID of the new one, once it is known to be bound, and no other is to be
	// made any more.
	bound types.UID
	// configMap is the record as it was last seen.
	configMap *v1.ConfigMap
}

// replaces says whether a PersistentVolume is the one that is replaced.
func (r *replacement) replaces(pv *v1.PersistentVolume) bool { return pv.UID == r.oldUID() }

// oldUID is the UID of the PersistentVolume that is replaced.
func (r *replacement) oldUID() types.UID {
	uid, _ := r.before.object("metadata")["uid"].(string)
	return types.UID(uid)
}

// isMade says whether a PersistentVolume is the one that was to come, whoever made it.
func (r *replacement) isMade(pv *v1.PersistentVolume) bool {
	wanted, err := r.after.typed()
	return err == nil && !r.replaces(pv) && volume.SourceOf(pv) == volume.SourceOf(wanted) && volume.PathOf(pv) == volume.PathOf(wanted) &&
		volume.IDOf(pv) == volume.IDOf(wanted) && volume.ClaimOf(pv) == volume.ClaimOf(wanted)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// recordName is the name of the record of a PersistentVolume, whose own name may be too
// long to be part of it.
func recordName(provisioner, pv string) string {
	return "glusterfs-conversion-" + hash(provisioner) + "-" + hash(pv)
}

// Selector selects the ConfigMaps with a provisioner's records, in whatever namespace they are.
func Selector(provisioner string) string { return LabelProvisioner + "=" + hash(provisioner) }

// written returns the record as a ConfigMap.
func (r *replacement) written(provisioner string) (*v1.ConfigMap, error) {
	before, err := r.before.yaml()
	if err != nil {
		return nil, err
	}
	after, err := r.after.yaml()
	if err != nil {
		return nil, err
	}
	configMap := &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name:        recordName(provisioner, r.name),
		Labels:      map[string]string{LabelProvisioner: hash(provisioner)},
		Annotations: map[string]string{annotationProvisioner: provisioner},
	}}
	if r.configMap != nil {
		configMap = r.configMap.DeepCopy()
	}
	configMap.Data = map[string]string{keyName: r.name, keyPolicy: string(r.policy), keyBefore: before, keyAfter: after}
	if r.bound != "" {
		configMap.Data[keyBound] = string(r.bound)
	}
	return configMap, nil
}

// replacementFrom reads a record.
func replacementFrom(configMap *v1.ConfigMap) (*replacement, error) {
	r := &replacement{
		name:      configMap.Data[keyName],
		policy:    v1.PersistentVolumeReclaimPolicy(configMap.Data[keyPolicy]),
		bound:     types.UID(configMap.Data[keyBound]),
		configMap: configMap,
	}
	switch r.policy {
	case v1.PersistentVolumeReclaimDelete, v1.PersistentVolumeReclaimRetain, v1.PersistentVolumeReclaimRecycle:
	default:
		return nil, r.unreadable(fmt.Errorf("key %s is %q, which is no reclaim policy", keyPolicy, r.policy))
	}
	for key, into := range map[string]*text{keyBefore: &r.before, keyAfter: &r.after} {
		read, err := readText([]byte(configMap.Data[key]))
		if err != nil {
			return nil, r.unreadable(fmt.Errorf("key %s: %w", key, err))
		}
		if name, _ := read.object("metadata")["name"].(string); name == "" || name != r.name {
			return nil, r.unreadable(fmt.Errorf("key %s is not PersistentVolume %q, which key %s names", key, r.name, keyName))
		}
		*into = read
	}
	return r, nil
}

func (r *replacement) unreadable(err error) error {
	return fmt.Errorf("ConfigMap %s/%s, which has a PersistentVolume that is being converted, cannot be read: %w; correct it, or, if that PersistentVolume exists and is bound, delete the ConfigMap",
		r.configMap.Namespace, r.configMap.Name, err)
}
