package why

import (
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/duration"
)

// patience is for how long the controllers may need to look at a new claim for the first time,
// on a cluster that is busy.
const patience = time.Minute

func (f Facts) ageOf(claim *v1.PersistentVolumeClaim) string {
	return duration.HumanDuration(f.Now.Sub(claim.CreationTimestamp.Time))
}

// isNew says that nobody need have worked on a claim yet.
func (f Facts) isNew(claim *v1.PersistentVolumeClaim) bool {
	return f.Now.Sub(claim.CreationTimestamp.Time) < patience
}

func clock(at time.Time) string { return at.UTC().Format(time.RFC3339) }
