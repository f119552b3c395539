package audit

import (
	"errors"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"glusterfs-provisioner/provisioner/volume"
)

func TestClaimIn(t *testing.T) {
	for _, claims := range []string{
		name,
		otherName,
		"dept_default_myclaim_" + uid,
		"dept-_default_data-my-claim_" + uid,
		"p_n_ccccc--ccccc_" + uid,
		"dept-of-every--m_" + uid,
		volume.NameInHeketi("dept", "default", "my.claim", uid, name),
		volume.NameInHeketi("p", "n", strings.Repeat("c", 200), uid, name),
	} {
		got, ok := claimIn(claims)
		if want := claims[len(claims)-36:]; !ok || string(got) != want {
			t.Errorf("%q: got %q, %v; want %q", claims, got, ok, want)
		}
	}
	for _, others := range []string{
		"", "pvc-", "heketidbstorage", "vol_d0202e432ca7744f0022e7d623fc31e8", "vol_" + strings.ReplaceAll(uid, "-", ""),
		uid, "_" + uid, "-" + uid, "pvc" + uid, "pvc-" + uid[1:], "pvc-0" + uid, "pvc-" + uid + "0", "pvc-" + uid + "-clone",
		"pvc-" + uid + "\n", " pvc-" + uid, "x-pvc-" + uid, "pvc--" + uid, "dept-" + uid, "PVC-" + uid,
		"pvc-" + strings.ToUpper(uid), "pvc-{" + uid + "}", "pvc-cff15b42-70d4-4125-875c-d2171926e4ag",
		"pvc-cff15b4-270d4-4125-875c-d2171926e4a2", "pvc-cff15b42_70d4_4125_875c_d2171926e4a2", "vol:x_" + uid,
	} {
		if got, ok := claimIn(others); ok {
			t.Errorf("%q: got %q, want none", others, got)
		}
	}
}

func TestOrphans(t *testing.T) {
	prefixed := theVolume(func(v *Volume) { v.Name = "dept_default_myclaim_" + uid })
	orphan := func(v Volume) []Finding {
		return []Finding{{
			Kind: Orphan, Heketi: url, Volume: v.Name, ID: "v1", Cluster: "c1", SizeGiB: 5, GID: 2000, Claim: uid,
			Detail: "there is neither a PersistentVolume of it nor claim " + uid + " nor a journal entry; \"glusterfs-provisioner pv\" makes a PersistentVolume of it; if no other Kubernetes cluster uses this heketi, and nobody keeps the data on purpose, delete it",
		}}
	}
	elsewhere := annotated(volume.AnnotationURL, otherURL)
	anotherID := annotated(volume.AnnotationVolumeID, "v9")
	anotherInTreeID := annotated(volume.AnnotationInTreeVolumeID, "v9")
	anotherPath := func(pv *v1.PersistentVolume) { pv.Spec.Glusterfs.Path = "vol_9" }
	for what, test := range map[string]struct {
		volume Volume
		known  Known
		want   []Finding
	}{
		"nothing is known":                    {theVolume(), Known{}, orphan(theVolume())},
		"nothing is known, with prefix":       {prefixed, Known{}, orphan(prefixed)},
		"others are known":                    {theVolume(), others(), orphan(theVolume())},
		"its claim exists":                    {theVolume(), claims(uid), nil},
		"its claim exists, with prefix":       {prefixed, claims(uid), nil},
		"it is being made":                    {prefixed, Known{Unfinished: sets.New(prefixed.Name)}, nil},
		"the claim's former volume":           {prefixed, Known{Unfinished: sets.New(name)}, orphan(prefixed)},
		"heketi works on it":                  {theVolume(func(v *Volume) { v.Pending = true }), Known{}, nil},
		"another's name":                      {theVolume(func(v *Volume) { v.Name = "heketidbstorage" }), Known{}, nil},
		"a name of heketi's":                  {theVolume(func(v *Volume) { v.Name = "vol_v1" }), Known{}, nil},
		"a PersistentVolume":                  {theVolume(), persistentVolumes(thePV()), nil},
		"a PersistentVolume of another URL":   {theVolume(), persistentVolumes(thePV(elsewhere)), nil},
		"one made after heketi was asked":     {theVolume(), Known{PersistentVolumes: []*v1.PersistentVolume{thePV()}, Before: Versions(nil)}, nil},
		"an in-tree one by id":                {theVolume(), persistentVolumes(inTreePV(anotherPath)), nil},
		"an in-tree one by path":              {theVolume(), persistentVolumes(inTreePV(annotated(volume.AnnotationInTreeVolumeID, ""))), nil},
		"an in-tree one by a directory in it": {theVolume(), persistentVolumes(inTreePV(anotherInTreeID, func(pv *v1.PersistentVolume) { pv.Spec.Glusterfs.Path = "/" + name + "/data" })), nil},
		"an in-tree one of another volume":    {theVolume(), persistentVolumes(inTreePV(anotherInTreeID, anotherPath)), orphan(theVolume())},
		"one of the name, of another volume":  {theVolume(), persistentVolumes(thePV(elsewhere, anotherID, anotherPath)), orphan(theVolume())},
		"one of the name, of another kind":    {theVolume(), persistentVolumes(nfsPV(name)), orphan(theVolume())},
		"one that has no id, for one without": {theVolume(), persistentVolumes(nfsPV("other")), orphan(theVolume())},
	} {
		t.Run(what, func(t *testing.T) {
			expectFindings(t, Compare([]Inventory{has(test.volume)}, test.known), test.want...)
		})
	}
}

// others is known of volumes that are not theVolume.
func others() Known {
	known := persistentVolumes(thePV(
		annotated(volume.AnnotationURL, otherURL), annotated(volume.AnnotationVolumeID, "v9"), named("pvc-99999999-9999-4999-8999-999999999999")))
	known.Claims, known.Unfinished = sets.New[types.UID](otherUID), sets.New(otherName)
	return known
}

func nfsPV(name string) *v1.PersistentVolume {
	pv := &v1.PersistentVolume{}
	pv.Name, pv.Spec.NFS = name, &v1.NFSVolumeSource{Server: "nfs", Path: "/"}
	return pv
}

func TestAnOrphanIsOnePerHeketi(t *testing.T) {
	other := has(otherVolume())
	other.Heketi = otherURL
	report := Compare([]Inventory{has(theVolume()), other}, Known{})
	if len(report.Findings) != 2 || report.Findings[0].Heketi != otherURL || report.Findings[1].Heketi != url {
		t.Errorf("got %+v, want one for each heketi, by URL", report.Findings)
	}
}

// A heketi that gave no answer has not said that it has nothing.
func TestAHeketiThatCouldNotBeAskedHasNoFindings(t *testing.T) {
	report := Compare([]Inventory{{Heketi: url, Err: errors.New("connection refused")}}, persistentVolumes(thePV()))
	expectFindings(t, report)
	if want := (Heketi{URL: url, Failure: "connection refused"}); len(report.Heketis) != 1 || report.Heketis[0] != want {
		t.Errorf("got heketis %+v, want %+v", report.Heketis, want)
	}
	if report.Clean() {
		t.Error("the report is clean")
	}
}
