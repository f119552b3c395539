package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// The objects that the in-tree plugin of Kubernetes 1.25.0 wrote for the claim
// of examples/seeds/1-replicated.yaml, in a namespace "default" and against
// heketi 10.3.0. UID, VOLUME_ID and CLUSTER_IP stand for what differs each time.
const (
	inTreeVolume = `
metadata:
  name: pvc-UID
  annotations:
    Description: 'Gluster-Internal: Dynamically provisioned PV'
    gluster.kubernetes.io/heketi-volume-id: VOLUME_ID
    gluster.org/type: file
    kubernetes.io/createdby: heketi-dynamic-provisioner
    pv.beta.kubernetes.io/gid: "40000"
    pv.kubernetes.io/bound-by-controller: "yes"
    pv.kubernetes.io/provisioned-by: kubernetes.io/glusterfs
  finalizers: [kubernetes.io/pv-protection]
spec:
  accessModes: [ReadWriteOnce]
  capacity: {storage: 1Gi}
  claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, name: myclaim, namespace: default, uid: UID}
  glusterfs:
    endpoints: glusterfs-dynamic-UID
    endpointsNamespace: default
    path: vol_VOLUME_ID
  persistentVolumeReclaimPolicy: Delete
  storageClassName: slow
  volumeMode: Filesystem
`
	inTreeEndpoints = `
metadata:
  name: glusterfs-dynamic-UID
  namespace: default
  labels: {gluster.kubernetes.io/provisioned-for-pvc: myclaim}
subsets:
- addresses: [{ip: 192.168.10.1}, {ip: 192.168.10.2}, {ip: 192.168.10.3}]
  ports: [{port: 1, protocol: TCP}]
`
	inTreeService = `
metadata:
  name: glusterfs-dynamic-UID
  namespace: default
  labels: {gluster.kubernetes.io/provisioned-for-pvc: myclaim}
spec:
  clusterIP: CLUSTER_IP
  ports: [{port: 1, protocol: TCP, targetPort: 1}]
  type: ClusterIP
`
)

// differs is what this provisioner writes otherwise, and why. A field that is
// empty on one side does not exist there.
var differs = map[string]struct{ inTree, ours, reason string }{
	"metadata.annotations.pv.kubernetes.io/provisioned-by":      {"kubernetes.io/glusterfs", "PROVISIONER", "it is another provisioner"},
	"metadata.annotations.gluster.org/heketi-url":               {"", "HEKETI_URL", "deletion does not need the class"},
	"metadata.annotations.gluster.org/heketi-user":              {"", "admin", "deletion does not need the class"},
	"metadata.annotations.gluster.org/heketi-secret":            {"", "default/heketi-secret", "deletion does not need the class"},
	"metadata.annotations.gluster.org/heketi-volume-id":         {"", "VOLUME_ID", "unlike the in-tree one it can be written where the in-tree plugin still runs"},
	"metadata.annotations.gluster.org/heketi-cluster-id":        {"", "CLUSTER_ID", "tells the heketi that has the volume from an empty one"},
	"metadata.annotations.gluster.org/kubernetes":               {"", "KUBERNETES", "another cluster's copy must not delete the volume"},
	"metadata.annotations.pv.kubernetes.io/bound-by-controller": {"yes", "", "it is made for its claim, not bound to it later"},
	"metadata.finalizers[0]":                                    {"kubernetes.io/pv-protection", "external-provisioner.volume.kubernetes.io/finalizer", "kubectl delete pv deletes the volume, too"},
	"metadata.finalizers[1]":                                    {"", "kubernetes.io/pv-protection", "the list is longer by one"},
	"spec.glusterfs.path":                                       {"vol_VOLUME_ID", "pvc-UID", "a volume is found again by its claim's UID"},

	"metadata.labels.endpointslice.kubernetes.io/skip-mirror": {"", "true", "no EndpointSlice is needed, because nothing routes to it"},

	"spec.clusterIP": {"CLUSTER_IP", "None", "no cluster IP is spent on what nothing connects to"},
}

// TestObjectsAreTheInTreePlugins compares field by field what both write for the
// same claim.
func TestObjectsAreTheInTreePlugins(t *testing.T) {
	pv, replace, remove := makeMyClaim(t, nil)
	defer remove()
	endpoints := must[*v1.Endpoints](t)(env.client.CoreV1().Endpoints("default").Get(t.Context(), pv.Spec.Glusterfs.EndpointsName, metav1.GetOptions{}))
	service := must[*v1.Service](t)(env.client.CoreV1().Services("default").Get(t.Context(), pv.Spec.Glusterfs.EndpointsName, metav1.GetOptions{}))

	for _, object := range []struct {
		kind, inTree string
		ours         any
	}{{"PersistentVolume", inTreeVolume, pv}, {"Endpoints", inTreeEndpoints, endpoints}, {"Service", inTreeService, service}} {
		for _, difference := range compare(t, shownToInTree(t, object.inTree), object.ours, replace) {
			t.Errorf("%s: %s", object.kind, difference)
		}
	}
}

// makeMyClaim makes the claim of which the in-tree plugin's objects are known, for a
// class with these parameters more. It returns the PersistentVolume, what replaces all
// that differs each time by what stands for it, and what removes the claim.
func makeMyClaim(t *testing.T, parameters map[string]string, change ...func(*storagev1.StorageClass)) (pv *v1.PersistentVolume, replace *strings.Replacer, remove func()) {
	t.Helper()
	heketi := startHeketi(t, bench.HeketiOptions{Auth: true})
	p := startProvisioner(t)
	secret := newSecret(t, "default", "heketi-secret", "kubernetes.io/glusterfs", map[string]string{"key": heketi.AdminKey()})
	class := newClass(t, p, heketi, map[string]string{
		"restuser": "admin", "secretNamespace": "default", "secretName": secret.Name,
		"gidMin": "40000", "gidMax": "50000", "volumetype": "replicate:3",
	}, append(change, with(parameters))...)
	claim := newClaim(t, "default", class.Name, "1Gi", func(claim *v1.PersistentVolumeClaim) { claim.Name = "myclaim" })
	waitBound(t, claim)
	pv = waitProtected(t, "pvc-"+string(claim.UID))
	remove = func() {
		deleteClaim(t, claim)
		waitVolumeGone(t, pv.Name) // for which the Secret is needed
		if err := env.client.CoreV1().Secrets("default").Delete(t.Context(), secret.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	}
	return pv, strings.NewReplacer(
		string(claim.UID), "UID",
		pv.Annotations[volume.AnnotationVolumeID], "VOLUME_ID",
		p.name, "PROVISIONER", class.Name, "slow", heketi.URL(), "HEKETI_URL", heketi.Clusters()[0], "CLUSTER_ID",
		clusterUID(t), "KUBERNETES",
	), remove
}

// waitProtected returns a PersistentVolume with all its finalizers, sorted. Kubernetes
// adds its own in a step of its own.
func waitProtected(t *testing.T, name string) (pv *v1.PersistentVolume) {
	t.Helper()
	bench.Eventually(t, soon, func(ctx context.Context) (err error) {
		pv, err = env.client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{})
		if err == nil && !slices.Contains(pv.Finalizers, "kubernetes.io/pv-protection") {
			return fmt.Errorf("finalizers %v", pv.Finalizers)
		}
		return err
	})
	slices.Sort(pv.Finalizers)
	return pv
}

// shownToInTree removes the in-tree plugin's annotation where the plugin still runs: by
// that it would find the volume and expand it, too.
func shownToInTree(t *testing.T, object string) string {
	t.Helper()
	if newerThan(t, "1.27") {
		return object
	}
	return strings.ReplaceAll(object, "    gluster.kubernetes.io/heketi-volume-id: VOLUME_ID\n", "")
}

// setByKubernetes are fields that an object gets from the API server or from a
// controller, whoever wrote it.
var setByKubernetes = []string{
	"metadata.uid", "metadata.resourceVersion", "metadata.creationTimestamp", "metadata.managedFields", "metadata.generation",
	"status", "spec.claimRef.resourceVersion", "spec.clusterIPs", "spec.internalTrafficPolicy", "spec.ipFamilies",
	"spec.ipFamilyPolicy", "spec.sessionAffinity", "metadata.annotations.endpoints.kubernetes.io", "kind", "apiVersion",
	// Kubernetes adds it to Services of controllers that set none, by version.
	"metadata.labels.service.kubernetes.io/headless",
}

// compare returns the fields that differ and are not listed in differs.
func compare(t *testing.T, inTree string, object any, replace *strings.Replacer) []string {
	t.Helper()
	var theirs any
	if err := yaml.Unmarshal([]byte(inTree), &theirs); err != nil {
		t.Fatal(err)
	}
	var ours any
	if err := json.Unmarshal([]byte(replace.Replace(string(must[[]byte](t)(json.Marshal(object))))), &ours); err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	flatten("", theirs, want)
	flatten("", ours, got)
	var differences []string
	for _, field := range sortedKeys(want, got) {
		expected := differs[field]
		switch {
		case want[field] == got[field], slices.ContainsFunc(setByKubernetes, func(prefix string) bool { return strings.HasPrefix(field, prefix) }):
		case expected.reason != "" && expected.inTree == want[field] && expected.ours == got[field]:
		default:
			differences = append(differences, fmt.Sprintf("%s is %q, in-tree %q", field, got[field], want[field]))
		}
	}
	return differences
}

// flatten lists a document's leaves by their path.
func flatten(path string, value any, into map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			flatten(strings.TrimPrefix(path+"."+key, "."), inner, into)
		}
	case []any:
		for i, inner := range value {
			flatten(fmt.Sprintf("%s[%d]", path, i), inner, into)
		}
	default:
		into[path] = fmt.Sprint(value)
	}
}

func sortedKeys(maps ...map[string]string) []string {
	var keys []string
	for _, m := range maps {
		for key := range m {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return slices.Compact(keys)
}
