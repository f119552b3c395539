package static

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// taken is what a new PersistentVolume must not meet.
type taken struct {
	volumes []*v1.PersistentVolume
	making  []journal.Entry
	heketi  heketi.Inventory
}

// taken asks the API server for it. The journal comes first: a volume in the making has a
// PersistentVolume before its entry is removed.
func (m *Maker) taken(ctx context.Context, inventory heketi.Inventory) (taken, error) {
	entries, err := m.Journal.List(ctx)
	if err != nil {
		return taken{}, err
	}
	volumes, err := caches.ListVolumes(ctx, m.Client.CoreV1(), m.Trimmer)
	return taken{volumes: volumes, making: entries, heketi: inventory}, err
}

// checkVolume returns an error if the volume has a PersistentVolume or is about to get one.
func (t taken) checkVolume(v *heketi.Volume) error {
	if pv := audit.HoldersAmong(t.volumes).Of(v.ID, v.Name); pv != "" {
		return fmt.Errorf("volume %q (id %s) has a PersistentVolume already, %s; to use its data elsewhere, give that one the reclaim policy Retain and delete it first", v.Name, v.ID, pv)
	}
	for _, entry := range t.making {
		if entry.Volume == v.Name {
			return fmt.Errorf("volume %q (id %s) is being made for claim %s, which gets it by itself; wait for that", v.Name, v.ID, entry.Claim)
		}
	}
	return nil
}

// checkGID returns an error if another volume has the volume's GID, since pods that may use
// the one could use the other then.
func (t taken) checkGID(v *heketi.Volume) error {
	if v.GID == 0 {
		return nil
	}
	held := func(format string, args ...any) error {
		return fmt.Errorf("GID %d of volume %q (id %s) is also that of %s, so that pods of one could use the other; heketi cannot change it: make a new claim and copy the data there, or delete the other if nobody needs it",
			v.GID, v.Name, v.ID, fmt.Sprintf(format, args...))
	}
	for _, pv := range t.volumes {
		if gid, has := volume.GIDOf(pv); has && gid == v.GID {
			return held("PersistentVolume %s%s", pv.Name, ofClaim(pv))
		}
	}
	for _, entry := range t.making {
		if entry.GID == v.GID {
			return held("the volume that is being made for claim %s", entry.Claim)
		}
	}
	for _, other := range t.heketi.Volumes {
		if other.GID == v.GID && other.ID != v.ID {
			return held("volume %q (id %s) in the same heketi", other.Name, other.ID)
		}
	}
	return nil
}

// checkName returns an error if a PersistentVolume has that name.
func (t taken) checkName(name string) error {
	for _, pv := range t.volumes {
		if pv.Name == name {
			return fmt.Errorf("there is a PersistentVolume %s already, of another volume; give --name another one", name)
		}
	}
	return nil
}

// ofClaim names the claim of a PersistentVolume for a message.
func ofClaim(pv *v1.PersistentVolume) string {
	if claim := pv.Spec.ClaimRef; claim != nil {
		return fmt.Sprintf(" (claim %s/%s)", claim.Namespace, claim.Name)
	}
	return ""
}
