package audit

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// lost reports a PersistentVolume whose volume heketi does not have. That is as it should
// be while the volume is being deleted. But if heketi does not know the volume's cluster,
// it cannot be the right one, and the deletion is refused.
func lost(inventory Inventory, pv *v1.PersistentVolume, recorded volume.Made) []Finding {
	knowsCluster := slices.Contains(inventory.Clusters, recorded.Cluster)
	if knowsCluster && beingDeleted(pv) {
		return nil
	}
	var detail string
	switch {
	case knowsCluster:
		detail = fmt.Sprintf("heketi knows the volume's cluster %s but not the volume, so the volume was deleted there, or heketi's database is an older copy; restore it, or delete the claim and the PersistentVolume", recorded.Cluster)
	case recorded.Cluster == "":
		detail = "heketi does not know the volume, and which cluster had it is not recorded, so this may be another or an empty heketi"
	default:
		detail = fmt.Sprintf("heketi knows neither the volume nor its cluster %s, so this is another or an empty heketi; bring back the heketi or the database that made the volume", recorded.Cluster)
	}
	if ids := idsOf(inventory, volume.NameIn(recorded.Name)); len(ids) > 0 {
		detail += fmt.Sprintf("; it has a volume of that name with id %s", strings.Join(ids, ", "))
	}
	return []Finding{{
		Kind:             Lost,
		Heketi:           inventory.Heketi,
		Volume:           recorded.Name,
		ID:               recorded.ID,
		Cluster:          recorded.Cluster,
		SizeGiB:          recorded.SizeGiB,
		GID:              recorded.GID,
		PersistentVolume: pv.Name,
		Detail:           detail,
	}}
}

// beingDeleted says whether the provisioner deletes the volume and then the
// PersistentVolume.
func beingDeleted(pv *v1.PersistentVolume) bool {
	return pv.Status.Phase == v1.VolumeReleased && pv.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimDelete
}

// idsOf returns the ids of the volumes of that name, one for each cluster at
// most.
func idsOf(inventory Inventory, name string) []string {
	var ids []string
	for _, v := range inventory.Volumes {
		if v.Name == name {
			ids = append(ids, v.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// disagreement reports what a PersistentVolume says otherwise than heketi.
func disagreement(heketi string, pv *v1.PersistentVolume, recorded volume.Made, v Volume) []Finding {
	var found []Finding
	var differences []string
	differs := func(what, here, there string) {
		differences = append(differences, fmt.Sprintf("%s: PersistentVolume %s, heketi %s", what, here, there))
	}
	capacity, size := pv.Spec.Capacity.Storage(), volume.GiB(v.SizeGiB)
	switch {
	case capacity.Cmp(size) > 0:
		differs("size", capacity.String(), size.String())
	case capacity.Cmp(size) < 0 && !beingDeleted(pv):
		found = append(found, findingOf(Grown, heketi, v, pv.Name,
			fmt.Sprintf("heketi has %s, PersistentVolume and claim say %s; the leader lets them follow when it audits", &size, capacity)))
	}
	if recorded.GID != v.GID {
		differs("GID", gidText(pv), fmt.Sprint(v.GID))
	}
	if volume.NameIn(recorded.Name) != v.Name {
		differs("name", fmt.Sprintf("%q", recorded.Name), fmt.Sprintf("%q", v.Name))
	}
	if len(differences) > 0 {
		found = append(found, findingOf(Disagreement, heketi, v, pv.Name, strings.Join(differences, "; ")))
	}
	return found
}

// gidText is the GID of a PersistentVolume as somebody wrote it.
func gidText(pv *v1.PersistentVolume) string {
	text, ok := pv.Annotations[volume.AnnotationGID]
	if !ok {
		return "none"
	}
	if _, isGID := volume.GIDOf(pv); !isGID {
		return fmt.Sprintf("%q, which is no GID", text)
	}
	return text
}
