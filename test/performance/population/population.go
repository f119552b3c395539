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
	// atOnce is how many pairs are in memory at a time.
	atOnce = 1000
)

// Heketi is the heketi that the PersistentVolumes name. Their volumes are spread over its
// clusters.
type Heketi struct {
	URL      string
	Clusters []string
}

// Nowhere is a heketi that refuses connections, so that an audit asks for the volumes
// nowhere and does not report them as missing.
func Nowhere() Heketi {
	return Heketi{URL: "http://127.0.0.1:1", Clusters: []string{strings.Repeat("0", 32)}}
}

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

// Fill writes copies of the pair into the cluster, and returns the volumes that heketi is
// to have for them. Nobody else may be working on claims meanwhile, or the halves of a
// pair could be seen one without the other.
func Fill(ctx context.Context, cluster *bench.Cluster, pair Pair, heketi Heketi, count int) ([]Volume, error) {
	var volumes []Volume
	for first := 0; first < count; first += atOnce {
		values := map[string][]byte{}
		for i := first; i < min(first+atOnce, count); i++ {
			copied, made := pair.copy(heketi, i)
			volumes = append(volumes, made)
			if err := encode(copied, values); err != nil {
				return nil, err
			}
		}
		if err := cluster.Put(ctx, values); err != nil {
			return nil, err
		}
	}
	return volumes, nil
}

// copy returns another pair like it, with a volume of that heketi.
func (p Pair) copy(heketi Heketi, i int) (Pair, Volume) {
	claim, pv := p.Claim.DeepCopy(), p.Volume.DeepCopy()
	claim.Name, claim.UID, claim.ResourceVersion = fmt.Sprintf("copy-%d", i), uuid.NewUUID(), ""
	pv.Name, pv.UID, pv.ResourceVersion = "pvc-"+string(claim.UID), uuid.NewUUID(), ""
	claim.Spec.VolumeName = pv.Name
	pv.Spec.ClaimRef.Name, pv.Spec.ClaimRef.UID = claim.Name, claim.UID
	made := Volume{ID: heketiID(pv.UID), Name: pv.Name, Cluster: heketi.Clusters[i%len(heketi.Clusters)], GID: firstGID + i}
	if csi := pv.Spec.CSI; csi != nil {
		csi.VolumeHandle = made.Cluster + ":" + made.ID
		csi.VolumeAttributes["cluster"] = made.Cluster
		csi.VolumeAttributes[volume.AttributeVolume] = made.Name
	} else {
		pv.Spec.Glusterfs.Path = pv.Name
		pv.Spec.Glusterfs.EndpointsName = volume.EndpointsName("glusterfs-dynamic", claim.UID)
	}
	pv.Annotations[volume.AnnotationVolumeID] = made.ID
	pv.Annotations[volume.AnnotationClusterID] = made.Cluster
	pv.Annotations[volume.AnnotationGID] = strconv.Itoa(made.GID)
	pv.Annotations[volume.AnnotationURL] = heketi.URL
	return Pair{claim, pv}, made
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
