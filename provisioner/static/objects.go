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

	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

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
