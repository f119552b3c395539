package population

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

const (
	// firstGID leaves room for the GIDs of the pair and of volumes made later.
	firstGID = 100_000
	// nowhere is a heketi that refuses connections, so that an audit asks for
	// the volumes nowhere and does not report them as missing.
	nowhere = "http://127.0.0.1:1"
	// atOnce is how many pairs are in memory at a time.
	atOnce = 1000
)

// Pair is a Bound claim and its PersistentVolume.
type Pair struct {
	Claim  *v1.PersistentVolumeClaim
	Volume *v1.PersistentVolume
}

// ReadPair reads a claim and its PersistentVolume.
func ReadPair(ctx context.Context, client kubernetes.Interface, namespace, claim string) (Pair, error) {
	var pair Pair
	var err error
	if pair.Claim, err = client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, claim, metav1.GetOptions{}); err != nil {
		return pair, err
	}
	pair.Volume, err = client.CoreV1().PersistentVolumes().Get(ctx, pair.Claim.Spec.VolumeName, metav1.GetOptions{})
	return pair, err
}

// Fill writes copies of the pair into the cluster. Nobody else may be working on
// claims meanwhile, or the halves of a pair could be seen one without the other.
func Fill(ctx context.Context, cluster *bench.Cluster, pair Pair, count int) error {
	for first := 0; first < count; first += atOnce {
		values := map[string][]byte{}
		for i := first; i < min(first+atOnce, count); i++ {
			if err := encode(pair.copy(i), values); err != nil {
				return err
			}
		}
		if err := cluster.Put(ctx, values); err != nil {
			return err
		}
	}
	return nil
}

// copy returns another pair like it.
func (p Pair) copy(i int) Pair {
	claim, pv := p.Claim.DeepCopy(), p.Volume.DeepCopy()
	claim.Name, claim.UID, claim.ResourceVersion = fmt.Sprintf("copy-%d", i), uuid.NewUUID(), ""
	pv.Name, pv.UID, pv.ResourceVersion = "pvc-"+string(claim.UID), uuid.NewUUID(), ""
	claim.Spec.VolumeName = pv.Name
	pv.Spec.ClaimRef.Name, pv.Spec.ClaimRef.UID = claim.Name, claim.UID
	id := heketiID(pv.UID)
	if csi := pv.Spec.CSI; csi != nil {
		cluster, _, _ := strings.Cut(csi.VolumeHandle, ":")
		csi.VolumeHandle = cluster + ":" + id
		csi.VolumeAttributes[volume.AttributeVolume] = pv.Name
	} else {
		pv.Spec.Glusterfs.Path = pv.Name
		pv.Spec.Glusterfs.EndpointsName = volume.EndpointsName("glusterfs-dynamic", claim.UID)
	}
	pv.Annotations[volume.AnnotationVolumeID] = id
	pv.Annotations[volume.AnnotationGID] = strconv.Itoa(firstGID + i)
	pv.Annotations[volume.AnnotationURL] = nowhere
	return Pair{claim, pv}
}

// heketiID returns an id such as heketi's: 32 hexadecimal digits.
func heketiID(uid types.UID) string {
	return string(uid[0:8] + uid[9:13] + uid[14:18] + uid[19:23] + uid[24:])
}

// encode adds both halves as kube-apiserver keeps them in etcd.
func encode(pair Pair, into map[string][]byte) error {
	encoder := scheme.Codecs.EncoderForVersion(protobuf.NewSerializer(scheme.Scheme, scheme.Scheme), v1.SchemeGroupVersion)
	for key, object := range map[string]runtime.Object{
		"/registry/persistentvolumeclaims/" + pair.Claim.Namespace + "/" + pair.Claim.Name: pair.Claim,
		"/registry/persistentvolumes/" + pair.Volume.Name:                                  pair.Volume,
	} {
		encoded, err := runtime.Encode(encoder, object)
		if err != nil {
			return err
		}
		into[key] = encoded
	}
	return nil
}
