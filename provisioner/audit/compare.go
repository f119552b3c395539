package audit

import (
	"fmt"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// Compare compares heketis with what Kubernetes knows of. Its report is the same in
// whatever order both are given.
func Compare(inventories []Inventory, known Known) Report {
	report := Report{Heketis: []Heketi{}, Findings: []Finding{}}
	holders := HoldersAmong(known.PersistentVolumes)
	var asked []Inventory
	for _, inventory := range inventories {
		report.Heketis = append(report.Heketis, summaryOf(inventory))
		if inventory.Err != nil {
			continue
		}
		asked = append(asked, inventory)
		report.Findings = append(report.Findings, orphans(inventory, known, holders)...)
		report.Findings = append(report.Findings, misfits(inventory, known)...)
		report.Findings = append(report.Findings, onHosts(inventory, holders)...)
		report.Strays = append(report.Strays, strays(inventory, known, holders)...)
	}
	report.Findings = append(report.Findings, sharedGIDs(asked, holders)...)
	report.sort()
	return report
}

func summaryOf(inventory Inventory) Heketi {
	if inventory.Err != nil {
		return Heketi{URL: inventory.Heketi, Failure: inventory.Err.Error()}
	}
	summary := Heketi{URL: inventory.Heketi, Volumes: len(inventory.Volumes)}
	if inventory.GlusterErr != nil {
		summary.GlusterFailure = inventory.GlusterErr.Error()
	}
	for _, v := range inventory.Volumes {
		if _, isClaims := claimIn(v.Name); v.Pending {
			summary.Pending++
		} else if !isClaims {
			summary.Other++
		}
	}
	return summary
}

// orphans finds the volumes with a claim's name that nothing accounts for. It does not
// matter which heketi a PersistentVolume names, because one heketi may have several URLs.
func orphans(inventory Inventory, known Known, holders Holders) []Finding {
	var found []Finding
	for _, v := range inventory.Volumes {
		claim, isClaims := claimIn(v.Name)
		if !isClaims || v.Pending || holders.Of(v.ID, v.Name) != "" || known.Claims.Has(claim) || known.Unfinished.Has(v.Name) {
			continue
		}
		orphan := findingOf(Orphan, inventory.Heketi, v, "",
			fmt.Sprintf("there is neither a PersistentVolume of it nor claim %s nor a journal entry; \"glusterfs-provisioner pv\" makes a PersistentVolume of it; if no other Kubernetes cluster uses this heketi, and nobody keeps the data on purpose, delete it", claim))
		orphan.Claim = claim
		found = append(found, orphan)
	}
	return found
}

// misfits finds our PersistentVolumes whose volume is not in heketi, or is otherwise there
// than they say.
func misfits(inventory Inventory, known Known) []Finding {
	byID := make(map[string]Volume, len(inventory.Volumes))
	for _, v := range inventory.Volumes {
		byID[v.ID] = v
	}
	var found []Finding
	for _, pv := range known.PersistentVolumes {
		if pv.Annotations[volume.AnnotationURL] != inventory.Heketi || !known.unchanged(pv) {
			continue
		}
		recorded, err := volume.Recorded(pv)
		if err != nil {
			found = append(found, unreadable(inventory.Heketi, pv, err))
			continue
		}
		v, exists := byID[recorded.ID]
		switch {
		case !exists:
			found = append(found, lost(inventory, pv, recorded)...)
		case !v.Pending:
			found = append(found, disagreement(inventory.Heketi, pv, recorded, v)...)
		}
	}
	return found
}

func unreadable(heketi string, pv *v1.PersistentVolume, err error) Finding {
	return Finding{
		Kind:             Unreadable,
		Heketi:           heketi,
		Volume:           volume.PathOf(pv),
		ID:               volume.IDOf(pv),
		Cluster:          volume.ClusterOf(pv),
		PersistentVolume: pv.Name,
		Detail:           err.Error(),
	}
}
