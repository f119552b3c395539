package static

import (
	"context"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/util"

	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Classes looks a StorageClass up. A lister of them is one.
type Classes interface {
	Get(name string) (*storagev1.StorageClass, error)
}

// Heketis connects to the heketi of a class's parameters.
type Heketis interface {
	ConnectAs(ctx context.Context, params *parameters.Parameters, class string) (*heketi.Client, error)
}

// Journal knows the volumes that are being made.
type Journal interface {
	List(context.Context) ([]journal.Entry, error)
}

// Dependencies is what a Maker works with. All fields are required.
type Dependencies struct {
	// Provisioner is the name of the provisioner that the PersistentVolumes will be of.
	Provisioner string
	// Namespace is the provisioner's own, where shared listings are.
	Namespace string
	// Client is asked for claims and PersistentVolumes.
	Client   kubernetes.Interface
	Classes  Classes
	Heketis  Heketis
	Journal  Journal
	Trimmer  *caches.Trimmer
	Resolver endpoints.Resolver
	// Source returns the kind of source that the cluster mounts.
	Source func(context.Context) volume.Source
	// Check returns an error if volumes of that source cannot be mounted as a claim and a
	// class ask for.
	Check func(*v1.PersistentVolumeClaim, *storagev1.StorageClass, volume.Source) error
	// Build builds a PersistentVolume as the cluster is to have it.
	Build func(ctx context.Context, name string, made volume.Made, claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass) *v1.PersistentVolume
}

// Maker makes static volumes.
type Maker struct{ Dependencies }

// New returns a maker.
func New(dependencies Dependencies) *Maker { return &Maker{dependencies} }

// Made is a static volume.
type Made struct {
	// Heketi has Volume.
	Heketi string
	Volume *heketi.Volume
	// PersistentVolume is its PersistentVolume, and Listing what lists its storage hosts,
	// in the order in which they are to be applied, before it.
	PersistentVolume *v1.PersistentVolume
	Listing          []runtime.Object
}

// Make returns a volume of heketi as a static volume. The error says in which field what is
// wrong, and what would be right. It asks heketi and the API server, and changes nothing.
func (m *Maker) Make(ctx context.Context, wanted Wanted) (*Made, error) {
	class, params, err := m.class(wanted)
	if err != nil {
		return nil, err
	}
	client, err := m.Heketis.ConnectAs(ctx, params, wanted.Class)
	if err != nil {
		return nil, err
	}
	found, inventory, err := find(ctx, client, wanted.Volume)
	if err != nil {
		return nil, err
	}
	claim, err := m.claim(ctx, wanted.Claim)
	if err != nil {
		return nil, err
	}
	taken, err := m.taken(ctx, inventory)
	if err != nil {
		return nil, err
	}
	if err := taken.checkVolume(found); err != nil {
		return nil, err
	}
	if err := taken.checkGID(found); err != nil {
		return nil, err
	}
	if wanted.Claim != nil {
		if err := taken.checkFree(*wanted.Claim, claim); err != nil {
			return nil, err
		}
	}
	if class.Name == "" && claim != nil {
		class.Name = util.GetPersistentVolumeClaimClass(claim)
	}
	made, err := m.make(ctx, wanted, class, params, found, claim)
	if err != nil {
		return nil, err
	}
	if err := taken.checkName(made.PersistentVolume.Name); err != nil {
		return nil, err
	}
	if claim != nil {
		return made, checkFits(claim, made.PersistentVolume, found)
	}
	return made, nil
}
