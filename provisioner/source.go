package provisioner

import (
	"context"
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

var (
	// firstWithoutGlusterfs is the first version of Kubernetes whose kubelets do not
	// mount the source glusterfs.
	firstWithoutGlusterfs = utilversion.MustParseGeneric("1.26")
	// firstWithoutInTreeExpander is the first version of an API server beside which
	// no kube-controller-manager with the in-tree plugin runs: 1.25 was the last to
	// have it, and in an upgrade may be one version behind.
	firstWithoutInTreeExpander = utilversion.MustParseGeneric("1.27")
)

// installPlugin says what lets pods use volumes of source csi, and convertVolume how one
// that has another source gets that.
const (
	installPlugin = "install the node plugin: kubectl apply -f deploy/csi/"
	convertVolume = ", and convert the PersistentVolume, see docs/moving.md: kubectl annotate pv NAME " + volume.AnnotationConvertTo + "=csi"
)

// sourceFor returns the kind of source that a claim's PersistentVolume is to have.
// Where the class leaves the choice, csi that was begun stays: the CSIDriver may be
// about to be made anew. What was begun for glusterfs becomes csi as soon as pods
// can use that, and only that.
func (p *Provisioner) sourceFor(ctx context.Context, params *parameters.Parameters, claim types.UID) volume.Source {
	if params.Source != "" {
		return params.Source
	}
	if entry, begun := p.making.Find(claim); begun && entry.Source == volume.CSI {
		return volume.CSI
	}
	return p.mountedSource(ctx)
}

// mountedSource returns the kind of source that the cluster mounts.
func (p *Provisioner) mountedSource(ctx context.Context) volume.Source {
	if p.APIServerVersion(ctx).AtLeast(firstWithoutGlusterfs) && p.hasDriver() {
		return volume.CSI
	}
	return volume.Glusterfs
}

// hasDriver says whether the cluster has the CSIDriver of the node plugin.
func (p *Provisioner) hasDriver() bool {
	_, err := p.Informers.Storage().V1().CSIDrivers().Lister().Get(volume.Driver)
	return err == nil
}

// checkAccessModes returns an error that names the field, its value and the remedy
// if volumes of that source cannot be mounted as a claim wants.
func checkAccessModes(claim *v1.PersistentVolumeClaim, source volume.Source) error {
	if source == volume.CSI || !slices.Contains(claim.Spec.AccessModes, v1.ReadWriteOncePod) {
		return nil
	}
	return fmt.Errorf("spec.accessModes has ReadWriteOncePod, which only CSI volumes support, and this one's source would be %s; use ReadWriteOnce, ReadOnlyMany or ReadWriteMany, or a class with pvsource csi, and for that %s", source, installPlugin)
}

// checkMountOptions returns an error that names each mount option of a class with which no
// volume of that source may be mounted, and the remedy. A node would refuse it, or reach
// files that are not the volume's.
func checkMountOptions(class *storagev1.StorageClass, source volume.Source) error {
	if source == volume.CSI {
		return mountoptions.Check(class.MountOptions, mountoptions.Plugin)
	}
	return mountoptions.Check(class.MountOptions, mountoptions.Kubelet)
}

// warnOfSource tells the claim's owner if pods cannot use the volume that was made,
// and what would be right.
func (p *Provisioner) warnOfSource(ctx context.Context, options controller.ProvisionOptions, params *parameters.Parameters, source volume.Source) {
	if problem := p.problemOf(ctx, params, source); problem != "" {
		p.Events.Eventf(options.PVC, v1.EventTypeWarning, reasonNotMountable, "PersistentVolume %s: %s", options.PVName, problem)
	}
}

// problemOf says why no kubelet of the cluster mounts a source; empty if one may.
func (p *Provisioner) problemOf(ctx context.Context, params *parameters.Parameters, source volume.Source) string {
	apiServer := p.APIServerVersion(ctx)
	switch {
	case source == volume.CSI && !p.hasDriver():
		return fmt.Sprintf("its source is csi, and CSIDriver %s does not exist, so pods cannot use it yet; %s", volume.Driver, installPlugin)
	case source == volume.CSI || apiServer.LessThan(firstWithoutGlusterfs):
		return ""
	}
	const lost = "its source is glusterfs, which no kubelet of Kubernetes 1.26 and newer mounts, and this is %d.%d, so pods cannot use it; "
	said := fmt.Sprintf(lost, apiServer.Major(), apiServer.Minor())
	if params.Source == volume.Glusterfs {
		return said + "make the class again with pvsource auto, " + installPlugin + convertVolume
	}
	return said + installPlugin + convertVolume
}
