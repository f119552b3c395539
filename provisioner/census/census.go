package census

import (
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"

	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/library"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Dependencies is what a Taker works with. All fields are required.
type Dependencies struct {
	// Provisioner is the name of the provisioner whose classes and PersistentVolumes count.
	Provisioner string
	// Classes, Claims and PersistentVolumes are the caches.
	Classes           storagelisters.StorageClassLister
	Claims            corelisters.PersistentVolumeClaimLister
	PersistentVolumes corelisters.PersistentVolumeLister
}

// Taker takes the census. It is safe for concurrent use.
type Taker struct {
	Dependencies

	mu sync.Mutex
	// due are the PersistentVolumes whose volume is to be deleted, and since when it is
	// known. Kubernetes tells no time that older versions have.
	due map[types.UID]time.Time
}

// New returns one that has counted nothing yet.
func New(dependencies Dependencies) *Taker {
	return &Taker{Dependencies: dependencies, due: map[types.UID]time.Time{}}
}

// Census is what there is.
type Census struct {
	// Classes are the provisioner's, by name. The empty name stands for PersistentVolumes
	// whose class is gone or another's; it is there only if there are such.
	Classes map[string]*Class
	// Heketis are the URLs of those that classes and PersistentVolumes name.
	Heketis sets.Set[string]
}

// Class is what there is of one class.
type Class struct {
	// Pending are the claims that wait for a volume. One that waits for a pod first is not
	// among them.
	Pending Waiting
	// Deletions are the PersistentVolumes whose volume is to be deleted.
	Deletions Waiting
	// Volumes are the PersistentVolumes, by what mounts them.
	Volumes map[volume.Source]Volumes
	// GIDs is the range that the class gives; nil if its parameters are wrong.
	GIDs *gid.Range
}

// Waiting is how many wait, and since when the first of them does; zero if none does.
type Waiting struct {
	Count int
	Since time.Time
}

func (w *Waiting) add(since time.Time) {
	if w.Count++; w.Count == 1 || since.Before(w.Since) {
		w.Since = since
	}
}

// Volumes are a number of PersistentVolumes and their capacity in bytes.
type Volumes struct {
	Count int
	Bytes int64
}

// Take counts.
func (t *Taker) Take(now time.Time) (Census, error) {
	taken := Census{Classes: map[string]*Class{}, Heketis: sets.New[string]()}
	classes, err := t.Classes.List(labels.Everything())
	if err != nil {
		return Census{}, err
	}
	for _, class := range classes {
		if class.Provisioner == t.Provisioner {
			taken.Classes[class.Name] = t.classOf(class, taken.Heketis)
		}
	}
	claims, err := t.Claims.List(labels.Everything())
	if err != nil {
		return Census{}, err
	}
	for _, claim := range claims {
		t.addClaim(claim, taken.Classes)
	}
	volumes, err := t.PersistentVolumes.List(labels.Everything())
	if err != nil {
		return Census{}, err
	}
	t.addVolumes(volumes, taken, now)
	return taken, nil
}

func newClass() *Class { return &Class{Volumes: map[volume.Source]Volumes{}} }

func (t *Taker) classOf(class *storagev1.StorageClass, heketis sets.Set[string]) *Class {
	counted := newClass()
	if params, err := parameters.Parse(class.Parameters); err == nil {
		counted.GIDs = &gid.Range{Min: params.GIDMin, Max: params.GIDMax}
		heketis.Insert(params.Heketi.URL)
	}
	return counted
}

func (t *Taker) addClaim(claim *v1.PersistentVolumeClaim, into map[string]*Class) {
	if claim.Spec.VolumeName != "" || claim.DeletionTimestamp != nil {
		return
	}
	class, found := library.ClassOf(claim, t.Provisioner, t.Classes)
	if !found || !library.IsDue(claim, t.Provisioner, class) {
		return
	}
	if counted := into[class.Name]; counted != nil {
		counted.Pending.add(library.DueSince(claim, class))
	}
}

func (t *Taker) addVolumes(all []*v1.PersistentVolume, into Census, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.due
	t.due = map[types.UID]time.Time{}
	for _, pv := range all {
		if !volume.IsMadeBy(pv, t.Provisioner) {
			continue
		}
		if url := pv.Annotations[volume.AnnotationURL]; url != "" {
			into.Heketis.Insert(url)
		}
		class := into.classOf(pv)
		source := volume.SourceOf(pv)
		counted := class.Volumes[source]
		counted.Count++
		counted.Bytes += pv.Spec.Capacity.Storage().Value()
		class.Volumes[source] = counted
		if library.IsToDelete(pv) {
			since, known := before[pv.UID]
			if !known {
				since = now
			}
			t.due[pv.UID] = since
			class.Deletions.add(since)
		}
	}
}

// classOf returns the class of a PersistentVolume.
func (c Census) classOf(pv *v1.PersistentVolume) *Class {
	if class := c.Classes[pv.Spec.StorageClassName]; class != nil {
		return class
	}
	if c.Classes[""] == nil {
		c.Classes[""] = newClass()
	}
	return c.Classes[""]
}
