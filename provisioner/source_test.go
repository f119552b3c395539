package provisioner

import (
	"context"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"

	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/locks"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// nobody is told what comes of the work.
type nobody struct{ Observer }

func (nobody) VolumeSaved(string, time.Duration) {}

// clusterOf returns a provisioner that knows no more than what says which source a
// cluster mounts.
func clusterOf(t *testing.T, version string, hasDriver bool) *Provisioner {
	t.Helper()
	client := fake.NewSimpleClientset()
	p := &Provisioner{Dependencies: Dependencies{
		Client:           client,
		Informers:        informers.NewSharedInformerFactory(client, 0),
		Journal:          journal.New(client.CoreV1(), "glusterfs-provisioner", "gluster.org/glusterfs"),
		Heketi:           heketi.NewConnector(heketi.Config{}),
		GIDs:             gid.NewAllocator(),
		Observer:         nobody{},
		APIServerVersion: func(context.Context) *utilversion.Version { return utilversion.MustParseGeneric(version) },
	}, locks: locks.New()}
	p.making = p.newMaking()
	if hasDriver {
		driver := &storagev1.CSIDriver{ObjectMeta: metav1.ObjectMeta{Name: volume.Driver}}
		if err := p.Informers.Storage().V1().CSIDrivers().Informer().GetStore().Add(driver); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

const (
	older, newer  = "v1.25.16", "v1.26.0-alpha.1"
	driver, plain = true, false
)

func TestSourceFor(t *testing.T) {
	for _, test := range []struct {
		asked   volume.Source
		version string
		driver  bool
		want    volume.Source
	}{
		{"", older, plain, volume.Glusterfs},
		{"", older, driver, volume.Glusterfs},
		{"", newer, plain, volume.Glusterfs},
		{"", newer, driver, volume.CSI},
		{"", "v1.36.3+k3s1", driver, volume.CSI},
		{"", "v2.0.0", driver, volume.CSI},
		{volume.Glusterfs, newer, driver, volume.Glusterfs},
		{volume.CSI, older, plain, volume.CSI},
	} {
		p := clusterOf(t, test.version, test.driver)
		if got := p.sourceFor(context.Background(), &parameters.Parameters{Source: test.asked}, "c1"); got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
	}
}

// What was begun for csi does not change when the CSIDriver is made anew.
func TestSourceForWhatWasBegun(t *testing.T) {
	for _, test := range []struct {
		begun  volume.Source
		driver bool
		want   volume.Source
	}{
		{volume.CSI, plain, volume.CSI},
		{volume.CSI, driver, volume.CSI},
		{volume.Glusterfs, plain, volume.Glusterfs},
		{volume.Glusterfs, driver, volume.CSI},
	} {
		p := clusterOf(t, newer, test.driver)
		if err := p.making.Begin(context.Background(), journal.Entry{ClaimUID: "c1", Source: test.begun}); err != nil {
			t.Fatal(err)
		}
		if got := p.sourceFor(context.Background(), &parameters.Parameters{}, "c1"); got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
		if got := p.sourceFor(context.Background(), &parameters.Parameters{Source: volume.Glusterfs}, "c1"); got != volume.Glusterfs {
			t.Errorf("%+v, and a class made anew for glusterfs: got %s", test, got)
		}
	}
}

func TestProblemOfASource(t *testing.T) {
	for _, test := range []struct {
		asked, source volume.Source
		version       string
		driver        bool
		want          []string // none for no problem
	}{
		{"", volume.Glusterfs, older, plain, nil},
		{volume.Glusterfs, volume.Glusterfs, older, driver, nil},
		{"", volume.CSI, newer, driver, nil},
		{volume.CSI, volume.CSI, older, driver, nil},
		{"", volume.Glusterfs, newer, plain, []string{"glusterfs", "this is 1.26", "deploy/csi/"}},
		{volume.Glusterfs, volume.Glusterfs, newer, driver, []string{"glusterfs", "this is 1.26", "pvsource auto", "deploy/csi/"}},
		{volume.CSI, volume.CSI, newer, plain, []string{"CSIDriver glusterfs.csi.gluster.org does not exist", "deploy/csi/"}},
		{volume.CSI, volume.CSI, older, plain, []string{"CSIDriver glusterfs.csi.gluster.org does not exist", "deploy/csi/"}},
	} {
		got := clusterOf(t, test.version, test.driver).problemOf(context.Background(), &parameters.Parameters{Source: test.asked}, test.source)
		if (got == "") != (test.want == nil) {
			t.Errorf("%+v: got %q", test, got)
		}
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%+v: got %q, which lacks %q", test, got, want)
			}
		}
	}
}

func TestCheckAccessModes(t *testing.T) {
	claim := &v1.PersistentVolumeClaim{}
	for _, mode := range []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce, v1.ReadOnlyMany, v1.ReadWriteMany, v1.ReadWriteOncePod} {
		claim.Spec.AccessModes = []v1.PersistentVolumeAccessMode{mode}
		if err := checkAccessModes(claim, volume.CSI); err != nil {
			t.Errorf("csi, %s: %v", mode, err)
		}
		err := checkAccessModes(claim, volume.Glusterfs)
		if (err != nil) != (mode == v1.ReadWriteOncePod) {
			t.Errorf("glusterfs, %s: %v", mode, err)
		}
		if err != nil && !strings.Contains(err.Error(), "spec.accessModes has ReadWriteOncePod") {
			t.Errorf("got %v, want an error that names field and value", err)
		}
	}
}

// TestMountOptions has an option that depends on who mounts: where the plugin may write logs,
// its nodes know.
func TestMountOptions(t *testing.T) {
	class := &storagev1.StorageClass{MountOptions: []string{"_netdev", "log-file=/opt/logs/volume.log"}}
	if err := checkMountOptions(class, volume.CSI); err != nil {
		t.Errorf("for the plugin: %v", err)
	}
	err := checkMountOptions(class, volume.Glusterfs)
	if err == nil || !strings.Contains(err.Error(), `mountOptions "log-file=/opt/logs/volume.log": want a file below /var/log/`) {
		t.Errorf("for kubelet: error is %v", err)
	}
}
