package caches

import (
	"strings"
	"sync"
	"unique"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// Trimmer makes what is cached small: PersistentVolumes and Bound claims keep only
// what is read of them, and share what many of them have in common. Nobody may
// update an object from a trimmed copy, only patch it. It is safe for concurrent use.
type Trimmer struct {
	mu sync.Mutex
	// sizes are the resource lists that have nothing but a size, by how many GiB
	// that is. A map takes several hundred bytes however little it holds.
	sizes [maxSharedGiB + 1]v1.ResourceList
}

// maxSharedGiB is the largest size that is shared, in GiB. Volumes are whole GiB, and
// nearly all that are on one heketi are smaller. Users write sizes, in claims that need
// not be ours, so what is kept for sharing must have an end: these take 3 MiB at most.
const maxSharedGiB = 4096

// NewTrimmer returns a trimmer for all that one process caches.
func NewTrimmer() *Trimmer { return &Trimmer{} }

// Trim is a cache.TransformFunc. It never fails. What it returns shares no memory with the
// list that the object is an item of, so that the list can be freed.
func (t *Trimmer) Trim(object any) (any, error) {
	switch object := object.(type) {
	case *v1.PersistentVolume:
		return t.volume(object), nil
	case *v1.PersistentVolumeClaim:
		return t.claim(object), nil
	}
	return object, nil
}

func (t *Trimmer) volume(pv *v1.PersistentVolume) *v1.PersistentVolume {
	trimmed := &v1.PersistentVolume{ObjectMeta: trimmedMeta(pv.ObjectMeta), Spec: pv.Spec, Status: pv.Status}
	trimmed.Annotations = trimmedAnnotations(pv.Annotations)
	trimmed.Spec.Capacity = t.share(pv.Spec.Capacity)
	trimmed.Spec.StorageClassName = shared(pv.Spec.StorageClassName)
	trimmed.Spec.CSI = trimmedCSI(pv.Spec.CSI)
	return trimmed
}

// trimmedCSI keeps what is read of a volume of ours. Those of other drivers may have
// any number of attributes.
func trimmedCSI(from *v1.CSIPersistentVolumeSource) *v1.CSIPersistentVolumeSource {
	if from == nil {
		return nil
	}
	trimmed := &v1.CSIPersistentVolumeSource{Driver: shared(from.Driver), VolumeHandle: from.VolumeHandle}
	if from.Driver == volume.Driver {
		trimmed.VolumeAttributes = map[string]string{volume.AttributeVolume: from.VolumeAttributes[volume.AttributeVolume]}
	}
	return trimmed
}

// claim trims a Bound claim. One that waits for its volume stays whole, because the library
// may still update it, and its managed fields tell whether it has fields that this client
// does not know.
func (t *Trimmer) claim(claim *v1.PersistentVolumeClaim) *v1.PersistentVolumeClaim {
	trimmed := &v1.PersistentVolumeClaim{ObjectMeta: claim.ObjectMeta, Spec: claim.Spec, Status: claim.Status}
	if claim.Spec.VolumeName != "" {
		trimmed.ObjectMeta = trimmedMeta(claim.ObjectMeta)
		trimmed.Spec.Resources.Requests = t.share(claim.Spec.Resources.Requests)
		trimmed.Status.Capacity = t.share(claim.Status.Capacity)
	}
	return trimmed
}

// trimmedMeta keeps what identifies an object, and what tells of its end.
func trimmedMeta(from metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:              from.Name,
		Namespace:         shared(from.Namespace),
		UID:               from.UID,
		ResourceVersion:   from.ResourceVersion,
		DeletionTimestamp: from.DeletionTimestamp,
		Finalizers:        from.Finalizers,
	}
}

// annotationPrefixes are those of the annotations that the provisioner or the
// library reads of a PersistentVolume.
var annotationPrefixes = []string{"gluster.org/heketi-", volume.AnnotationKubernetes, volume.AnnotationConvertTo, volume.AnnotationPolicy, "gluster.kubernetes.io/", "pv.beta.kubernetes.io/", "pv.kubernetes.io/", "volume."}

func trimmedAnnotations(from map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range from {
		for _, prefix := range annotationPrefixes {
			if strings.HasPrefix(name, prefix) {
				kept[shared(name)] = shared(value)
				break
			}
		}
	}
	return kept
}

// share returns a list that says the same, and the same one for all that have nothing
// but a size of whole GiB.
func (t *Trimmer) share(list v1.ResourceList) v1.ResourceList {
	size, ok := list[v1.ResourceStorage]
	if !ok || len(list) != 1 {
		return list
	}
	gib, whole := wholeGiB(size)
	if !whole || gib > maxSharedGiB {
		return list
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sizes[gib] == nil {
		t.sizes[gib] = v1.ResourceList{v1.ResourceStorage: volume.GiB(int(gib))}
	}
	return t.sizes[gib]
}

// wholeGiB returns how many GiB a size is; false if it is not a positive whole number
// of them, or is written in another way than as one.
func wholeGiB(size resource.Quantity) (int64, bool) {
	const bytesPerGiB = 1 << 30
	gib := size.Value() / bytesPerGiB
	exactly := *resource.NewQuantity(gib*bytesPerGiB, resource.BinarySI)
	return gib, gib > 0 && size.Format == resource.BinarySI && size.Cmp(exactly) == 0
}

// shared returns a string that is the same, and the same one for all that are.
func shared(text string) string { return unique.Make(text).Value() }
