package audit

// onHosts are the findings of what heketi and gluster disagree on. They have no id, size
// and GID where heketi has no such volume.
func onHosts(inventory Inventory, holders Holders) []Finding {
	byID := make(map[string]Volume, len(inventory.Volumes))
	for _, v := range inventory.Volumes {
		byID[v.ID] = v
	}
	var found []Finding
	for _, difference := range inventory.Gluster {
		v, known := byID[difference.ID]
		if !known {
			v = Volume{ID: difference.ID, Name: difference.Volume}
		}
		v.Cluster = difference.Cluster
		pv := ""
		if v.Name != "" {
			pv = holders.Of(v.ID, v.Name)
		}
		found = append(found, findingOf(Kind(difference.Kind), inventory.Heketi, v, pv, difference.Detail))
	}
	return found
}
