package static

import (
	"cmp"
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
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

// make makes the objects.
func (m *Maker) make(ctx context.Context, wanted Wanted, class *storagev1.StorageClass, params *parameters.Parameters, found *heketi.Volume, claim *v1.PersistentVolumeClaim) (*Made, error) {
	source := cmp.Or(wanted.Source, params.Source)
	if source == "" {
		source = m.Source(ctx)
	}
	asks := &v1.PersistentVolumeClaim{}
	asks.Spec.AccessModes = wanted.AccessModes
	if len(asks.Spec.AccessModes) == 0 && claim != nil {
		asks.Spec.AccessModes = claim.Spec.AccessModes
	}
	if err := m.Check(asks, class, source); err != nil {
		return nil, err
	}
	addresses, err := endpoints.Addresses(ctx, m.Resolver, found.Hosts)
	if err != nil {
		return nil, err
	}
	made := volume.Made{
		Source: source, Heketi: params.Heketi,
		ID: found.ID, Cluster: found.Cluster, Name: found.Name, SizeGiB: found.SizeGiB, GID: found.GID, Hosts: addresses,
	}
	listing := m.listing(&made, wanted.Claim, claim, params)
	name := nameFor(wanted.Name, claim, found)
	if said := validation.IsDNS1123Subdomain(name); len(said) > 0 {
		return nil, fmt.Errorf("--name=%s: %s", name, said[0])
	}
	pv := m.Build(ctx, name, made, asks, class)
	pv.APIVersion, pv.Kind = "v1", "PersistentVolume"
	pv.Annotations[volume.ProvisionedBy] = m.Provisioner
	pv.Spec.StorageClassName = class.Name
	pv.Spec.ClaimRef = referenceTo(wanted.Claim, claim)
	return &Made{Heketi: params.Heketi.URL, Volume: found, PersistentVolume: pv, Listing: listing(addresses)}, nil
}

// listing says through which Endpoints the volume is mounted, if it is through any, and
// returns what makes the list of its storage hosts.
func (m *Maker) listing(made *volume.Made, name *types.NamespacedName, claim *v1.PersistentVolumeClaim, params *parameters.Parameters) func(addresses []string) []runtime.Object {
	ofCluster := endpoints.Owner{Namespace: m.Namespace, Cluster: made.Cluster}
	if made.Source == volume.CSI {
		return func(addresses []string) []runtime.Object {
			return []runtime.Object{endpoints.ConfigMap(volume.HostsName(made.Cluster), ofCluster, addresses)}
		}
	}
	owner := ofCluster
	made.EndpointsName = volume.SharedEndpointsName(params.EndpointsNamePrefix, made.Cluster)
	if name != nil && !params.SharesEndpoints {
		owner = endpoints.Owner{Namespace: name.Namespace, Name: name.Name, UID: types.UID(made.ID)}
		if claim != nil {
			owner.UID = claim.UID
		}
		made.EndpointsName = volume.EndpointsName(params.EndpointsNamePrefix, owner.UID)
	}
	made.EndpointsNamespace = owner.Namespace
	return func(addresses []string) []runtime.Object {
		service, list := endpoints.Endpoints(made.EndpointsName, owner, addresses)
		return []runtime.Object{service, list}
	}
}

// nameFor returns the name of the PersistentVolume: what is asked for, else what the claim
// waits for, else the volume's own. heketi's vol_ID would be none for Kubernetes.
func nameFor(asked string, claim *v1.PersistentVolumeClaim, v *heketi.Volume) string {
	switch {
	case asked != "":
		return asked
	case claim != nil && claim.Spec.VolumeName != "":
		return claim.Spec.VolumeName
	case len(validation.IsDNS1123Subdomain(v.Name)) == 0:
		return v.Name
	}
	return "glusterfs-" + v.ID
}

// referenceTo names a claim to a PersistentVolume. The UID is there if the claim exists: a
// claim that was Bound before is bound again only by that.
func referenceTo(name *types.NamespacedName, claim *v1.PersistentVolumeClaim) *v1.ObjectReference {
	if name == nil {
		return nil
	}
	ref := &v1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: name.Namespace, Name: name.Name}
	if claim != nil {
		ref.UID = claim.UID
	}
	return ref
}
