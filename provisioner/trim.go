package provisioner

import (
	"strings"
	"sync"
	"unique"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// trimmer makes what is cached small: PersistentVolumes and Bound claims keep only
// what is read of them, and share what many of them have in common. Nobody may
// update an object from a trimmed copy, only patch it.
type trimmer struct {
	mu sync.Mutex
	// sizes are the resource lists that have no other entry than a size, by
	// that. A map takes several hundred bytes however little it holds, and few
	// sizes are in use.
	sizes map[string]v1.ResourceList
}

func newTrimmer() *trimmer { return &trimmer{sizes: map[string]v1.ResourceList{}} }

// trim is a cache.TransformFunc. What it returns shares nothing with a list that the
// object is an item of, or else the whole list could not be freed.
func (t *trimmer) trim(object any) (any, error) {
	switch object := object.(type) {
	case *v1.PersistentVolume:
		return t.volume(object), nil
	case *v1.PersistentVolumeClaim:
		return t.claim(object), nil
	}
	return object, nil
}

func (t *trimmer) volume(pv *v1.PersistentVolume) *v1.PersistentVolume {
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

// claim trims a Bound claim. The library may still update one that waits for its
// volume, so that stays whole, but for what is often half of an object and may be
// left out of an update.
func (t *trimmer) claim(claim *v1.PersistentVolumeClaim) *v1.PersistentVolumeClaim {
	trimmed := &v1.PersistentVolumeClaim{ObjectMeta: claim.ObjectMeta, Spec: claim.Spec, Status: claim.Status}
	trimmed.ManagedFields = nil
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
var annotationPrefixes = []string{"gluster.org/heketi-", "gluster.kubernetes.io/", "pv.beta.kubernetes.io/", "pv.kubernetes.io/", "volume."}

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

// share returns a list that is the same, and the same one for all that are.
func (t *trimmer) share(list v1.ResourceList) v1.ResourceList {
	size, ok := list[v1.ResourceStorage]
	if !ok || len(list) != 1 {
		return list
	}
	key := size.String()
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.sizes[key]; ok {
		return known
	}
	t.sizes[key] = list
	return list
}

// shared returns a string that is the same, and the same one for all that are.
func shared(text string) string { return unique.Make(text).Value() }
