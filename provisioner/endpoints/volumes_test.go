package endpoints

import (
	"slices"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/volume"
)

const ourName = "gluster.org/glusterfs"

func recorded() volume.Made {
	return volume.Made{
		Heketi: volume.Heketi{URL: someCluster.URL}, ID: "b8e1", Cluster: someCluster.ID, Name: "pvc-1", SizeGiB: 1, GID: 2000,
		EndpointsNamespace: "default", EndpointsName: name,
	}
}

// volumeOf returns the PersistentVolume of the claim myclaim, as the API server has
// it.
func volumeOf(made volume.Made) *v1.PersistentVolume {
	claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "myclaim", UID: owner.UID}}
	pv := volume.Build("pvc-1", made, claim, &storagev1.StorageClass{})
	pv.UID, pv.ResourceVersion = "pv-1", "1"
	pv.Annotations[volume.ProvisionedBy] = ourName
	pv.Spec.ClaimRef = &v1.ObjectReference{Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID}
	pv.Status.Phase = v1.VolumeBound
	return pv
}

func someVolume() *v1.PersistentVolume { return volumeOf(recorded()) }

// csiVolume returns that of a volume whose source is csi.
func csiVolume() *v1.PersistentVolume {
	made := recorded()
	made.Source, made.EndpointsNamespace, made.EndpointsName = volume.CSI, "", ""
	made.Hosts = []string{"10.0.0.1"}
	return volumeOf(made)
}

// ourKeeper has no more than what says which volumes are kept.
func ourKeeper() *Keeper {
	return &Keeper{Config: Config{Provisioner: ourName, Namespace: "glusterfs-provisioner"}}
}

func TestWhichVolumesAreKept(t *testing.T) {
	now := metav1.Now()
	for what, test := range map[string]struct {
		change func(*v1.PersistentVolume)
		want   bool
	}{
		"bound":     {func(*v1.PersistentVolume) {}, true},
		"just made": {func(pv *v1.PersistentVolume) { pv.Status.Phase = "" }, true},
		"available": {func(pv *v1.PersistentVolume) { pv.Status.Phase, pv.Spec.ClaimRef = v1.VolumeAvailable, nil }, true},
		"retained": {func(pv *v1.PersistentVolume) {
			pv.Status.Phase, pv.Spec.PersistentVolumeReclaimPolicy = v1.VolumeReleased, v1.PersistentVolumeReclaimRetain
		}, true},
		"to be deleted":        {func(pv *v1.PersistentVolume) { pv.Status.Phase = v1.VolumeReleased }, false},
		"not yet deleted":      {func(pv *v1.PersistentVolume) { pv.Status.Phase = v1.VolumeFailed }, false},
		"deleted":              {func(pv *v1.PersistentVolume) { pv.DeletionTimestamp = &now }, false},
		"the in-tree plugin's": {func(pv *v1.PersistentVolume) { pv.Annotations[volume.ProvisionedBy] = "kubernetes.io/glusterfs" }, false},
		"made by hand":         {func(pv *v1.PersistentVolume) { delete(pv.Annotations, volume.ProvisionedBy) }, false},
		"no source":            {func(pv *v1.PersistentVolume) { pv.Spec.Glusterfs = nil }, false},
		"csi":                  {func(pv *v1.PersistentVolume) { pv.Spec = csiVolume().Spec }, true},
		"another driver's":     {func(pv *v1.PersistentVolume) { pv.Spec = csiVolume().Spec; pv.Spec.CSI.Driver = "other" }, false},
		"no volume recorded":   {func(pv *v1.PersistentVolume) { delete(pv.Annotations, volume.AnnotationVolumeID) }, false},
		"no cluster recorded":  {func(pv *v1.PersistentVolume) { delete(pv.Annotations, volume.AnnotationClusterID) }, false},
		"an unreadable Secret": {func(pv *v1.PersistentVolume) { pv.Annotations[volume.AnnotationSecret] = "heketi" }, false},
	} {
		pv := someVolume()
		test.change(pv)
		if _, got := ourKeeper().keptOf(pv); got != test.want {
			t.Errorf("%s: kept %v, want %v", what, got, test.want)
		}
	}
}

func TestOwners(t *testing.T) {
	shared := recorded()
	shared.EndpointsNamespace, shared.EndpointsName = "glusterfs-provisioner", volume.SharedEndpointsName("glusterfs-dynamic", someCluster.ID)
	free := someVolume()
	free.Spec.ClaimRef = nil
	for what, test := range map[string]struct {
		pv         *v1.PersistentVolume
		want       Owner
		key, value string
	}{
		"a claim's": {someVolume(), owner, LabelClaim, "myclaim"},
		"shared":    {volumeOf(shared), Owner{Namespace: "glusterfs-provisioner", Name: "pvc-1", UID: "pv-1", Cluster: someCluster.ID}, LabelCluster, someCluster.ID},
		"csi":       {csiVolume(), Owner{Namespace: "glusterfs-provisioner", Name: "pvc-1", UID: "pv-1", Cluster: someCluster.ID}, LabelCluster, someCluster.ID},
		"nobody's":  {free, Owner{Namespace: "default", Name: "pvc-1", UID: "pv-1"}, LabelClaim, "pvc-1"},
	} {
		got, ok := ourKeeper().keptOf(test.pv)
		if !ok || got.owner() != test.want {
			t.Errorf("%s: got %+v, want %+v", what, got.owner(), test.want)
		}
		if key, value := got.owner().label(); key != test.key || value != test.value {
			t.Errorf("%s: the label is %s=%s, want %s=%s", what, key, value, test.key, test.value)
		}
	}
}

// A few volumes are asked for, and among them one for each way to reach heketi.
func TestSamples(t *testing.T) {
	var all []kept
	add := func(name string, secret *volume.SecretRef) {
		made := recorded()
		made.Heketi.Secret = secret
		pv := volumeOf(made)
		pv.Name = name
		all = append(all, kept{pv: pv, made: made})
	}
	if got := samples(nil); len(got) != 0 {
		t.Errorf("of none: got %v", got)
	}
	add("pvc-3", nil)
	add("pvc-1", nil)
	add("pvc-4", nil)
	add("pvc-2", nil)
	add("pvc-9", &volume.SecretRef{Namespace: "default", Name: "heketi"})
	var got []string
	for _, pv := range samples(all) {
		got = append(got, pv.Name)
	}
	if want := []string{"pvc-1", "pvc-9", "pvc-2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIndex(t *testing.T) {
	elsewhere := someVolume()
	elsewhere.Spec.Glusterfs.EndpointsNamespace = nil
	elsewhere.Spec.ClaimRef.Namespace = "apps"
	noSource := someVolume()
	noSource.Spec.Glusterfs = nil
	for what, test := range map[string]struct {
		object any
		want   []string
	}{
		"named":              {someVolume(), []string{"Endpoints default/" + name}},
		"where the claim is": {elsewhere, []string{"Endpoints apps/" + name}},
		"csi":                {csiVolume(), []string{"ConfigMap glusterfs-provisioner/glusterfs-cluster-" + someCluster.ID}},
		"no source":          {noSource, nil},
		"no volume":          {"default/" + name, nil},
	} {
		if got, err := ourKeeper().indexByListing(test.object); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, %v; want %q", what, got, err, test.want)
		}
	}
}
