package audit

// Stray is a volume with a GID that no PersistentVolume accounts for, whatever its name.
// Somebody may keep its data on purpose, and bind it again with its GID.
type Stray struct {
	Heketi, ID string
	GID        uint32
}

// strays finds those of a heketi. It leaves out a volume in the making, and one whose
// claim exists, because the claim finds it by its name.
func strays(inventory Inventory, known Known, holders Holders) []Stray {
	var found []Stray
	for _, v := range inventory.Volumes {
		claim, isClaims := claimIn(v.Name)
		if v.GID == 0 || holders.Of(v.ID, v.Name) != "" || known.Unfinished.Has(v.Name) || isClaims && known.Claims.Has(claim) {
			continue
		}
		found = append(found, Stray{Heketi: inventory.Heketi, ID: v.ID, GID: v.GID})
	}
	return found
}
