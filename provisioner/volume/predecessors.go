package volume

import (
	"maps"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// The provisioners that came before, by the names that they wrote onto PersistentVolumes.
const (
	// InTree is the plugin of kube-controller-manager up to 1.25.
	InTree = "kubernetes.io/glusterfs"
	// Former is the external provisioner of kubernetes-sigs/gluster-file-external-provisioner.
	Former = "gluster.org/glusterfile"
)

// annotationFormerServer is where Former has written how to reach heketi (restStr in
// cmd/glusterfile-provisioner/glusterfile-provisioner.go of its sources).
const annotationFormerServer = "server"

// nameOfHeketi begins the names of volumes that heketi has named itself; behind it is
// their id.
const nameOfHeketi = "vol_"

// hiddenID is what the in-tree plugin reads as a volume's id so that it finds none. Without
// any, it takes what is behind nameOfHeketi.
const hiddenID = "taken-over"

// IsOfPredecessor says whether a provisioner that came before made a PersistentVolume.
func IsOfPredecessor(pv *v1.PersistentVolume) bool {
	return SourceOf(pv) == Glusterfs && (IsMadeBy(pv, InTree) || IsMadeBy(pv, Former))
}

// FormerHeketi returns the heketi that Former has written onto a PersistentVolume; false if
// it has written none.
func FormerHeketi(pv *v1.PersistentVolume) (Heketi, bool) {
	fields := map[string]string{}
	for field := range strings.SplitSeq(pv.Annotations[annotationFormerServer], ",") {
		name, value, _ := strings.Cut(field, ":")
		fields[name] = value
	}
	heketi := Heketi{URL: strings.TrimRight(fields["url"], "/"), User: fields["user"]}
	if fields["secret"] != "" && fields["secretnamespace"] != "" {
		heketi.Secret = &SecretRef{Namespace: fields["secretnamespace"], Name: fields["secret"]}
	}
	return heketi, heketi.URL != ""
}

// TakenOver returns a PersistentVolume of a predecessor as one of the given provisioner,
// whose volume is in that heketi. It has what Recorded reads, but perhaps no id of the
// volume.
func TakenOver(pv *v1.PersistentVolume, provisioner string, heketi Heketi) *v1.PersistentVolume {
	taken := pv.DeepCopy()
	maps.Copy(taken.Annotations, OwnAnnotations(provisioner, heketi))
	id := IDOf(pv)
	if named, is := strings.CutPrefix(NameIn(PathOf(pv)), nameOfHeketi); id == "" && is {
		id = named
	}
	taken.Annotations[AnnotationVolumeID] = id
	return taken
}

// OwnAnnotations returns the annotations by which a PersistentVolume becomes the
// provisioner's.
func OwnAnnotations(provisioner string, heketi Heketi) map[string]string {
	annotations := map[string]string{ProvisionedBy: provisioner}
	writeHeketi(annotations, heketi)
	return annotations
}

// InTreeID returns what annotation AnnotationInTreeVolumeID has to be so that the in-tree
// plugin does not find a volume of that name; empty if it has to be absent.
func InTreeID(name string) string {
	if strings.HasPrefix(NameIn(name), nameOfHeketi) {
		return hiddenID
	}
	return ""
}

// MountOptionsOf returns the mount options of a PersistentVolume. Those of an annotation,
// which came before the field, count instead of it; only kubelet's own plugins heed it.
func MountOptionsOf(pv *v1.PersistentVolume) []string {
	annotated, found := pv.Annotations[v1.MountOptionAnnotation]
	switch {
	case !found:
		return pv.Spec.MountOptions
	case annotated == "":
		return nil
	}
	return strings.Split(annotated, ",")
}
