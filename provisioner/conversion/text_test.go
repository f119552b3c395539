package conversion

import (
	"reflect"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// ofGlusterfs is a PersistentVolume with all kinds of fields, some of which this client
// does not know.
const ofGlusterfs = `
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-1
  uid: old
  resourceVersion: "7"
  creationTimestamp: "2026-01-02T03:04:05Z"
  generation: 3
  labels: {disk: fast}
  annotations:
    example.com/note: mine
    gluster.org/convert-to: csi
    gluster.org/heketi-volume-id: v1
    gluster.org/reclaim-policy-to-restore: Delete
    pv.beta.kubernetes.io/gid: "2000"
    pv.kubernetes.io/bound-by-controller: "yes"
    pv.kubernetes.io/provisioned-by: gluster.org/glusterfs
  finalizers: [kubernetes.io/pv-protection]
  managedFields: [{manager: kubectl}]
  ownerReferences: [{apiVersion: v1, kind: Node, name: n1, uid: "n"}]
spec:
  accessModes: [ReadWriteMany]
  capacity: {storage: 5Gi}
  claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, name: pictures, namespace: default, resourceVersion: "5", uid: claim}
  glusterfs: {endpoints: glusterfs-dynamic-claim, endpointsNamespace: default, path: vol_1, readOnly: true}
  mountOptions: [log-level=WARNING]
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: Exists}]}]}}
  persistentVolumeReclaimPolicy: Retain
  storageClassName: slow
  volumeAttributesClassName: newer
  volumeMode: Filesystem
status: {phase: Bound, lastPhaseTransitionTime: "2026-01-02T03:04:06Z"}
`

const ofCSI = `
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-1
  labels: {disk: fast}
  annotations:
    example.com/note: mine
    gluster.org/heketi-cluster-id: c1
    gluster.org/heketi-volume-id: v1
    pv.beta.kubernetes.io/gid: "2000"
    pv.kubernetes.io/bound-by-controller: "yes"
    pv.kubernetes.io/provisioned-by: gluster.org/glusterfs
  ownerReferences: [{apiVersion: v1, kind: Node, name: n1, uid: "n"}]
spec:
  accessModes: [ReadWriteMany]
  capacity: {storage: 5Gi}
  claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, name: pictures, namespace: default, uid: claim}
  csi:
    driver: glusterfs.csi.gluster.org
    readOnly: true
    volumeHandle: "c1:v1"
    volumeAttributes: {cluster: c1, servers: "10.0.0.1,10.0.0.2", volume: vol_1}
  mountOptions: [log-level=WARNING]
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: Exists}]}]}}
  persistentVolumeReclaimPolicy: Retain
  storageClassName: slow
  volumeAttributesClassName: newer
  volumeMode: Filesystem
`

func mustRead(t *testing.T, written string) text {
	t.Helper()
	read, err := readText([]byte(written))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// planFor returns what the PersistentVolume above is to become.
func planFor(to volume.Source) Plan {
	made := volume.Made{Source: to, ID: "v1", Cluster: "c1", Name: "vol_1", ReadOnly: true, Hosts: []string{"10.0.0.1", "10.0.0.2"}}
	if to == volume.Glusterfs {
		made.EndpointsNamespace, made.EndpointsName = "default", "glusterfs-dynamic-claim"
	}
	return Plan{Made: made, Annotations: map[string]string{volume.AnnotationClusterID: "c1"}}
}

func TestSuccessor(t *testing.T) {
	before := mustRead(t, ofGlusterfs)
	next, err := before.successor(planFor(volume.CSI))
	if err != nil {
		t.Fatal(err)
	}
	if want := mustRead(t, ofCSI); !reflect.DeepEqual(next, want) {
		t.Errorf("got\n%v\nwant\n%v", next, want)
	}
	if !reflect.DeepEqual(before, mustRead(t, ofGlusterfs)) {
		t.Errorf("the old one was changed: %v", before)
	}

	back := planFor(volume.Glusterfs)
	back.Annotations = map[string]string{volume.AnnotationClusterID: ""}
	next, err = next.successor(back)
	if err != nil {
		t.Fatal(err)
	}
	want := before.kept()
	annotations := want.object("metadata")["annotations"].(map[string]any)
	delete(annotations, volume.AnnotationConvertTo)
	delete(annotations, volume.AnnotationPolicy)
	if !reflect.DeepEqual(next.kept(), want) {
		t.Errorf("back again got\n%v\nwant\n%v", next.kept(), want)
	}
}

// TestSuccessorOfOneWithoutAnnotations has nothing to keep in them.
func TestSuccessorOfOneWithoutAnnotations(t *testing.T) {
	before := mustRead(t, ofGlusterfs)
	delete(before.object("metadata"), "annotations")
	next, err := before.successor(planFor(volume.CSI))
	if err != nil {
		t.Fatal(err)
	}
	if got := next.object("metadata")["annotations"]; !reflect.DeepEqual(got, map[string]any{volume.AnnotationClusterID: "c1"}) {
		t.Errorf("got annotations %v", got)
	}
}

// TestMountOptionsOfAnAnnotation become those of the field, which the annotation came before.
// The API server takes it for kubelet's own plugins only.
func TestMountOptionsOfAnAnnotation(t *testing.T) {
	for to, moved := range map[volume.Source]bool{volume.CSI: true, volume.Glusterfs: false} {
		before := mustRead(t, ofGlusterfs)
		before.object("metadata")["annotations"].(map[string]any)[v1.MountOptionAnnotation] = "auto_unmount,ro"
		next, err := before.successor(planFor(to))
		if err != nil {
			t.Fatal(err)
		}
		pv, err := next.typed()
		if err != nil {
			t.Fatal(err)
		}
		_, annotated := pv.Annotations[v1.MountOptionAnnotation]
		if annotated == moved || reflect.DeepEqual(pv.Spec.MountOptions, []string{"auto_unmount", "ro"}) != moved {
			t.Errorf("to %s: got mount options %v and annotations %v", to, pv.Spec.MountOptions, pv.Annotations)
		}
	}
}

// TestSaysTheSame tells what a person changed from what the API server and the conversion
// itself have.
func TestSaysTheSame(t *testing.T) {
	for path, same := range map[string]bool{
		"metadata.resourceVersion": true, "metadata.finalizers": true, "metadata.managedFields": true, "status.phase": true,
		"spec.persistentVolumeReclaimPolicy": true,
		"metadata.labels":                    false, "metadata.annotations": false, "spec.capacity": false, "spec.mountOptions": false, "spec.claimRef": false,
	} {
		changed := mustRead(t, ofGlusterfs)
		set(changed, path, map[string]any{"changed": "x"})
		if got := mustRead(t, ofGlusterfs).saysTheSame(changed); got != same {
			t.Errorf("another %s: says the same %t, want %t", path, got, same)
		}
	}
}
