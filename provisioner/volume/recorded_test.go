package volume

import (
	"reflect"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
)

// servers are the ways in which a class may say how to reach its heketi.
var servers = map[string]Heketi{
	"key in a Secret":   {URL: "https://heketi:8080", User: "admin", Secret: &SecretRef{Namespace: "storage", Name: "heketi.key"}},
	"key in the class":  {URL: "http://heketi:8080", User: "admin", KeyInClass: true},
	"no authentication": {URL: "http://[::1]:8080"},
}

func TestRecordedReadsWhatBuildWrote(t *testing.T) {
	for what, server := range servers {
		t.Run(what, func(t *testing.T) {
			want := myVolume()
			want.Heketi = server
			want.SizeGiB = 1500
			want.GID = 2147483646
			got, err := Recorded(Build(pvName, want, myClaim(), myClass()))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestRecordedReadsACSIVolume(t *testing.T) {
	want := myCSIVolume()
	pv := Build(pvName, want, myClaim(), myClass())
	want.Hosts = nil
	if got, err := Recorded(pv); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	// Nobody can point it to another volume, or forget which one it is.
	pv.Annotations[AnnotationVolumeID], pv.Annotations[AnnotationClusterID] = "another", "elsewhere"
	if got, err := Recorded(pv); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("with other annotations: got %+v, %v", got, err)
	}
	delete(pv.Annotations, AnnotationVolumeID)
	delete(pv.Annotations, AnnotationClusterID)
	if got, err := Recorded(pv); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("without annotations: got %+v, %v", got, err)
	}
	// What another driver mounts is none of ours, whatever its handle is.
	pv.Spec.CSI.Driver = "other.csi.example.org"
	if got, err := Recorded(pv); err == nil || SourceOf(pv) != "" || PathOf(pv) != "" || ClusterOf(pv) != "" {
		t.Errorf("another driver's: got %+v, %v", got, err)
	}
}

func TestAStrangeHandle(t *testing.T) {
	for handle, want := range map[string][2]string{"": {"", ""}, "c1": {"c1", ""}, "c1:": {"c1", ""}, ":v1": {"", "v1"}, "c1:v1": {"c1", "v1"}, "c1:v1:x": {"c1", "v1:x"}} {
		pv := &v1.PersistentVolume{}
		pv.Spec.CSI = &v1.CSIPersistentVolumeSource{Driver: Driver, VolumeHandle: handle}
		if got := [2]string{ClusterOf(pv), IDOf(pv)}; got != want {
			t.Errorf("%q: got %q, want %q", handle, got, want)
		}
	}
}

func TestRecordedFindsTheEndpointsWhereKubeletLooks(t *testing.T) {
	pv := Build(pvName, myVolume(), myClaim(), myClass())
	pv.Spec.ClaimRef = &v1.ObjectReference{Namespace: "the-claims"}
	for _, test := range []struct {
		what   string
		change func()
		want   string
	}{
		{"the source names a namespace", func() {}, "default"},
		{"only the claim has one", func() { pv.Spec.Glusterfs.EndpointsNamespace = nil }, "the-claims"},
		{"nobody has one", func() { pv.Spec.ClaimRef = nil }, ""},
	} {
		test.change()
		got, err := Recorded(pv)
		if err != nil || got.EndpointsNamespace != test.want {
			t.Errorf("%s: got %q, %v; want %q", test.what, got.EndpointsNamespace, err, test.want)
		}
	}
}

func TestRecordedNamesTheAnnotationAtFault(t *testing.T) {
	const absent = "(absent)"
	for _, test := range []struct{ annotation, value string }{
		{AnnotationVolumeID, absent},
		{AnnotationVolumeID, ""},
		{AnnotationURL, absent},
		{AnnotationURL, ""},
		{AnnotationSecret, ""},
		{AnnotationSecret, "no-slash"},
		{AnnotationSecret, "a/b/c"},
	} {
		pv := Build(pvName, myVolume(), myClaim(), myClass())
		pv.Annotations[test.annotation] = test.value
		if test.value == absent {
			delete(pv.Annotations, test.annotation)
		}
		got, err := Recorded(pv)
		if err == nil || !strings.Contains(err.Error(), test.annotation) {
			t.Errorf("%s %q: got error %v, want one that names it", test.annotation, test.value, err)
		}
		if !reflect.DeepEqual(got, Made{}) {
			t.Errorf("%s %q: got %+v next to the error, want nothing", test.annotation, test.value, got)
		}
	}
}

func TestRecordedNeedsNoMoreThanTheVolumeAndItsHeketi(t *testing.T) {
	pv := &v1.PersistentVolume{}
	pv.Annotations = map[string]string{AnnotationVolumeID: "v1", AnnotationURL: "http://heketi"}
	got, err := Recorded(pv)
	want := Made{ID: "v1", Heketi: Heketi{URL: "http://heketi"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestIDOf(t *testing.T) {
	for _, test := range []struct{ ours, inTree, want string }{
		{"v1", "", "v1"}, {"v1", "v2", "v1"}, {"", "v2", "v2"}, {"", "", ""},
	} {
		pv := &v1.PersistentVolume{}
		pv.Annotations = map[string]string{AnnotationVolumeID: test.ours, AnnotationInTreeVolumeID: test.inTree}
		if got := IDOf(pv); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

func TestWhoMadeItAndForWhom(t *testing.T) {
	pv := &v1.PersistentVolume{}
	if IsMadeBy(pv, "ours") || ClaimOf(pv) != "" {
		t.Error("a PersistentVolume that says nothing has a maker or a claim")
	}
	pv.Annotations = map[string]string{ProvisionedBy: "ours"}
	pv.Spec.ClaimRef = &v1.ObjectReference{UID: "uid"}
	if !IsMadeBy(pv, "ours") || IsMadeBy(pv, "others") || ClaimOf(pv) != "uid" {
		t.Errorf("made by ours: %t, claim %q", IsMadeBy(pv, "ours"), ClaimOf(pv))
	}
}
