package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/census"
	"glusterfs-provisioner/provisioner/volume"
)

// state is how many there are, and how many wait for how long.
type state struct {
	pending, oldestPending                figure
	deletions, oldestDeletion             figure
	toGrow, oldestToGrow                  figure
	unfinished, oldestUnfinished          figure
	conversions                           figure
	volumes, capacity                     figure
	gidsTaken, gidRangeSize, gidRangeFree figure
}

func newState() state {
	return state{
		pending:          newFigure("claims_pending", "Claims that wait for a volume, by class. Those that wait for a pod first do not count.", labelClass),
		oldestPending:    newFigure("oldest_pending_claim_age_seconds", "For how long the claim waits that waits for longest, by class; 0 if none does.", labelClass),
		deletions:        newFigure("deletions_pending", "PersistentVolumes whose volume is to be deleted, by class, which is empty if it is gone.", labelClass),
		oldestDeletion:   newFigure("oldest_pending_deletion_age_seconds", "For how long the leader knows of the deletion that waits for longest, by class, which is empty if it is gone; 0 if there is none.", labelClass),
		toGrow:           newFigure("claims_waiting_to_grow", "Claims that request more than their volumes have."),
		oldestToGrow:     newFigure("oldest_waiting_to_grow_age_seconds", "For how long the leader knows of the claim that waits for longest to grow; 0 if none does."),
		unfinished:       newFigure("unfinished_volumes", "Volumes begun whose PersistentVolume is not known to be saved."),
		oldestUnfinished: newFigure("oldest_unfinished_volume_age_seconds", "Time since the first of the unfinished volumes was begun, or taken over by the leader; 0 if there is none."),
		conversions:      newFigure("unfinished_conversions", "PersistentVolumes that are being replaced by others of the same name."),
		volumes:          newFigure("volumes", "PersistentVolumes of the provisioner, by class, which is empty if it is gone, and by what mounts them.", labelClass, "source"),
		capacity:         newFigure("volume_capacity_bytes", "Capacity of the PersistentVolumes of the provisioner, by class, which is empty if it is gone, and by what mounts them.", labelClass, "source"),
		gidsTaken:        newFigure("gids_taken", "GIDs held by volumes and by volumes being made."),
		gidRangeSize:     newFigure("gid_range_size", "GIDs in the range of a class.", labelClass),
		gidRangeFree:     newFigure("gid_range_free", "Free GIDs in the range of a class.", labelClass),
	}
}

func (s *state) describe(to chan<- *prometheus.Desc) {
	describeFigures(to, s.pending, s.oldestPending, s.deletions, s.oldestDeletion, s.toGrow, s.oldestToGrow,
		s.unfinished, s.oldestUnfinished, s.conversions, s.volumes, s.capacity, s.gidsTaken, s.gidRangeSize, s.gidRangeFree)
}

func (*state) follow(census.Census) {}

func (s *state) collect(to chan<- prometheus.Metric, p *provisioner.Provisioner, counted census.Census, now time.Time) {
	count, since := p.WaitingToGrow()
	s.toGrow.send(to, float64(count))
	s.oldestToGrow.sendAge(to, since, now)
	count, since = p.VolumesInTheMaking()
	s.unfinished.send(to, float64(count))
	s.oldestUnfinished.sendAge(to, since, now)
	s.conversions.send(to, float64(p.Conversions.UnderWay()))
	s.gidsTaken.send(to, float64(p.GIDs.Taken()))
	for name, class := range counted.Classes {
		s.collectClass(to, name, class, now)
		if class.GIDs != nil {
			s.gidRangeSize.send(to, float64(class.GIDs.Size()), name)
			s.gidRangeFree.send(to, float64(p.GIDs.FreeIn(*class.GIDs)), name)
		}
	}
}

func (s *state) collectClass(to chan<- prometheus.Metric, name string, class *census.Class, now time.Time) {
	if name != "" {
		s.pending.send(to, float64(class.Pending.Count), name)
		s.oldestPending.sendAge(to, class.Pending.Since, now, name)
	}
	s.deletions.send(to, float64(class.Deletions.Count), name)
	s.oldestDeletion.sendAge(to, class.Deletions.Since, now, name)
	for _, source := range []volume.Source{volume.Glusterfs, volume.CSI} {
		counted := class.Volumes[source]
		s.volumes.send(to, float64(counted.Count), name, string(source))
		s.capacity.send(to, float64(counted.Bytes), name, string(source))
	}
}
