package endpoints

import (
	"maps"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// byListing is the index of PersistentVolumes, whoever made them, by their listing.
const byListing = "listing"

func (k *Keeper) indexByListing(object any) ([]string, error) {
	if pv, ok := object.(*v1.PersistentVolume); ok {
		if key, ok := k.listingOf(pv); ok {
			return []string{key.index()}, nil
		}
	}
	return nil, nil
}

// kept is a PersistentVolume whose listing is kept right.
type kept struct {
	pv   *v1.PersistentVolume
	made volume.Made
	// key names the listing.
	key listing
}

func (k kept) cluster() Cluster { return Cluster{URL: k.made.Heketi.URL, ID: k.made.Cluster} }

// isShared says whether the listing is for all volumes of the cluster.
func (k kept) isShared() bool { return k.key.kind == inConfigMap || k.made.SharesEndpoints() }

// owner is what the volume's listing is made for. If the PersistentVolume names no claim
// any more, its own name is in the label.
func (k kept) owner() Owner {
	owner := Owner{Namespace: k.key.Namespace, Name: k.pv.Name, UID: k.pv.UID}
	if k.isShared() {
		owner.Cluster = k.made.Cluster
	} else if claim := k.pv.Spec.ClaimRef; claim != nil {
		owner.Name, owner.UID = claim.Name, claim.UID
	}
	return owner
}

// keptOf returns a PersistentVolume as one whose listing is kept right; false if it is
// not one. It has to be this provisioner's, and to stay. For one on its way out, Endpoints
// would be made again after their deletion.
func (k *Keeper) keptOf(pv *v1.PersistentVolume) (kept, bool) {
	key, ok := k.listingOf(pv)
	if !ok || !volume.IsMadeBy(pv, k.Provisioner) || volume.IsGoing(pv) {
		return kept{}, false
	}
	made, err := volume.Recorded(pv)
	if err != nil || made.Cluster == "" {
		return kept{}, false
	}
	return kept{pv, made, key}, true
}

// naming returns the PersistentVolumes that have the listing, whoever made them.
func (k *Keeper) naming(key listing) []*v1.PersistentVolume {
	found, err := k.Volumes.GetIndexer().ByIndex(byListing, key.index())
	if err != nil {
		return nil
	}
	volumes := make([]*v1.PersistentVolume, 0, len(found))
	for _, object := range found {
		volumes = append(volumes, object.(*v1.PersistentVolume))
	}
	return volumes
}

// IsNamed says whether any PersistentVolume, whoever made it, is mounted through the
// listing of the given one, which may be gone.
func (k *Keeper) IsNamed(pv *v1.PersistentVolume) bool {
	key, ok := k.listingOf(pv)
	return ok && slices.ContainsFunc(k.naming(key), func(other *v1.PersistentVolume) bool { return other.UID != pv.UID })
}

// firstKept returns the first volume by name whose listing is kept right.
func (k *Keeper) firstKept(volumes []*v1.PersistentVolume) (first kept, ok bool) {
	for _, pv := range volumes {
		if ok && byName(first.pv, pv) < 0 {
			continue // The names are compared first because keptOf reads all annotations.
		}
		if candidate, is := k.keptOf(pv); is {
			first, ok = candidate, true
		}
	}
	return first, ok
}

// again returns a PersistentVolume as the cache has it now; false if its listing is no
// longer kept right.
func (k *Keeper) again(before kept) (kept, bool) {
	object, exists, err := k.Volumes.GetStore().GetByKey(before.pv.Name)
	if err != nil || !exists || object.(*v1.PersistentVolume).UID != before.pv.UID {
		return kept{}, false
	}
	return k.keptOf(object.(*v1.PersistentVolume))
}

// allKept returns all volumes whose listings are kept right, by their cluster.
func (k *Keeper) allKept() map[Cluster][]kept {
	all := map[Cluster][]kept{}
	for _, object := range k.Volumes.GetStore().List() {
		if one, ok := k.keptOf(object.(*v1.PersistentVolume)); ok {
			all[one.cluster()] = append(all[one.cluster()], one)
		}
	}
	return all
}

// few is how many volumes of a cluster are asked for at most when its hosts are wanted.
const few = 3

// samples returns a few of a cluster's volumes by which to ask for its hosts: first one
// for each way to reach the heketi, then others, each by name. A cluster may have
// thousands, so they are not sorted.
func samples(of []kept) []*v1.PersistentVolume {
	perWay := map[string]*v1.PersistentVolume{}
	for _, one := range of {
		way := one.made.Heketi.Way(one.pv.Spec.StorageClassName)
		if known := perWay[way]; known == nil || byName(one.pv, known) < 0 {
			perWay[way] = one.pv
		}
	}
	first := slices.SortedFunc(maps.Values(perWay), byName)
	var others []*v1.PersistentVolume
	for _, one := range of {
		if at, _ := slices.BinarySearchFunc(others, one.pv, byName); at < few && !slices.Contains(first, one.pv) {
			others = slices.Insert(others[:min(few-1, len(others))], at, one.pv)
		}
	}
	all := slices.Concat(first, others)
	return all[:min(few, len(all))]
}

func byName(a, b *v1.PersistentVolume) int { return strings.Compare(a.Name, b.Name) }
