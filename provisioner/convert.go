package provisioner

import (
	"context"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/conversion"
	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/library"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/predecessors"
	"glusterfs-provisioner/provisioner/volume"
)

// newConversions returns what converts PersistentVolumes.
func (p *Provisioner) newConversions() (*conversion.Conversions, error) {
	core := p.Informers.Core().V1()
	return conversion.New(conversion.Dependencies{
		Provisioner:       p.Name,
		Namespace:         p.Namespace,
		Finalizer:         library.Finalizer,
		Client:            p.Client,
		PersistentVolumes: core.PersistentVolumes().Informer(),
		Claims:            core.PersistentVolumeClaims().Informer(),
		Volumes:           core.PersistentVolumes().Lister(),
		Lock:              p.locks.Try,
		IsInTheMaking: func(claim types.UID) bool {
			_, open := p.making.Find(claim)
			return open
		},
		Concerns:  p.heir().Concerns,
		Obstacle:  p.obstacle,
		Plan:      p.planConversion,
		ListHosts: p.listForConversion,
		Unlist:    p.unlistConverted,
		Expect:    p.holders.Expect,
		Retry:     p.RetryConversion,
		Events:    p.Events,
		About:     p.Journal.Namespace(),
	})
}

// heir tells what predecessors made that may become the provisioner's.
func (p *Provisioner) heir() predecessors.Heir {
	return predecessors.Heir{Provisioner: p.Name, Classes: p.Informers.Storage().V1().StorageClasses().Lister()}
}

// obstacle says why no volume with that kind of source can be mounted.
func (p *Provisioner) obstacle(to volume.Source) error {
	if to == volume.CSI && !p.hasDriver() {
		return fmt.Errorf("CSIDriver %s does not exist, so pods could not use it; %s", volume.Driver, installPlugin)
	}
	return nil
}

// planConversion returns what a PersistentVolume is to become, once its heketi has shown
// that it has the volume. One that a predecessor made becomes the provisioner's.
func (p *Provisioner) planConversion(ctx context.Context, pv *v1.PersistentVolume, to volume.Source) (conversion.Plan, error) {
	isTakenOver := !volume.IsMadeBy(pv, p.Name)
	pv, err := p.heir().AsOwn(pv)
	if err != nil {
		return conversion.Plan{}, err
	}
	made, err := p.findInHeketi(ctx, pv)
	if err != nil {
		return conversion.Plan{}, err
	}
	from := made.Source
	made.Source = to
	plan := conversion.Plan{Made: made, Annotations: volume.OwnAnnotations(p.Name, made.Heketi)}
	if isTakenOver {
		plan.Annotations[volume.AnnotationKubernetes] = string(p.Kubernetes)
	}
	plan.Annotations[volume.AnnotationVolumeID], plan.Annotations[volume.AnnotationClusterID] = made.ID, made.Cluster
	switch {
	case p.APIServerVersion(ctx).AtLeast(firstWithoutInTreeExpander):
		plan.Annotations[volume.AnnotationInTreeVolumeID] = made.ID
	case to == volume.Glusterfs:
		plan.Annotations[volume.AnnotationInTreeVolumeID] = volume.InTreeID(made.Name)
	}
	if to == volume.Glusterfs && from != volume.Glusterfs {
		plan.Made.EndpointsNamespace, plan.Made.EndpointsName = p.endpointsOf(pv, made.Cluster)
	}
	return plan, nil
}

// findInHeketi returns the volume of a PersistentVolume as its heketi has it, with the
// addresses of its storage hosts.
func (p *Provisioner) findInHeketi(ctx context.Context, pv *v1.PersistentVolume) (volume.Made, error) {
	made, err := volume.Recorded(pv)
	if err != nil {
		return volume.Made{}, err
	}
	client, err := p.heketis.Connect(ctx, made.Heketi, pv.Spec.StorageClassName)
	if err != nil {
		return volume.Made{}, err
	}
	asked := time.Now()
	found, err := client.Volume(ctx, made.ID, made.Cluster)
	if err != nil {
		return volume.Made{}, asRecorded(err)
	}
	if err := isSame(made, found); err != nil {
		return volume.Made{}, err
	}
	made.Cluster = found.Cluster
	if made.Hosts, err = endpoints.Addresses(ctx, p.Resolver, found.Hosts); err != nil {
		return volume.Made{}, err
	}
	p.keeper.Learn(endpoints.Cluster{URL: made.Heketi.URL, ID: made.Cluster}, made.Hosts, asked)
	return made, nil
}

// isSame says how a volume in heketi is another than the one that a PersistentVolume names.
func isSame(made volume.Made, found *heketi.Volume) error {
	switch {
	case found.Name != volume.NameIn(made.Name):
		return fmt.Errorf("heketi %s calls volume %s %q, and the PersistentVolume mounts %q; correct annotation %s",
			made.Heketi.URL, made.ID, found.Name, volume.NameIn(made.Name), volume.AnnotationVolumeID)
	case made.Cluster != "" && found.Cluster != made.Cluster:
		return fmt.Errorf("heketi %s has volume %s in cluster %q, not in %q; correct annotation %s",
			made.Heketi.URL, made.ID, found.Cluster, made.Cluster, volume.AnnotationClusterID)
	}
	return nil
}

// endpointsOf returns which Endpoints a PersistentVolume is to be mounted through: those
// that a volume made for the claim now would have.
func (p *Provisioner) endpointsOf(pv *v1.PersistentVolume, cluster string) (namespace, name string) {
	prefix, shared := parameters.EndpointsNaming(nil)
	if class, err := p.Informers.Storage().V1().StorageClasses().Lister().Get(pv.Spec.StorageClassName); err == nil && class.Provisioner == p.Name {
		prefix, shared = parameters.EndpointsNaming(class.Parameters)
	}
	if shared || pv.Spec.ClaimRef == nil {
		return p.Namespace, volume.SharedEndpointsName(prefix, cluster)
	}
	return pv.Spec.ClaimRef.Namespace, volume.EndpointsName(prefix, pv.Spec.ClaimRef.UID)
}

// listForConversion writes what lists the storage hosts of a volume that is to be mounted
// in another way.
func (p *Provisioner) listForConversion(ctx context.Context, pv *v1.PersistentVolume, made volume.Made) error {
	owner := endpoints.Owner{Namespace: made.EndpointsNamespace}
	if claim := pv.Spec.ClaimRef; claim != nil {
		owner.Name, owner.UID = claim.Name, claim.UID
	}
	return p.writeListing(ctx, made, owner)
}

// unlistConverted removes the Service and the Endpoints that were the volume's own, and that
// nothing is mounted through any more. What volumes share is the keeper's to remove.
func (p *Provisioner) unlistConverted(ctx context.Context, before, after *v1.PersistentVolume) error {
	of, listed := volume.EndpointsOf(before)
	still, same := volume.EndpointsOf(after)
	own := volume.Made{Cluster: volume.ClusterOf(after), EndpointsName: of.Name}.HasOwnEndpoints()
	if !listed || !own || same && still == of || p.keeper.IsNamed(before) {
		return nil
	}
	return p.Endpoints.Remove(ctx, of.Namespace, of.Name)
}
