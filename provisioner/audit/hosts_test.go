package audit

import (
	"errors"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/gluster"
)

func TestWhatIsFoundOnHosts(t *testing.T) {
	inventory := has(theVolume())
	inventory.Gluster = []gluster.Difference{
		{Kind: gluster.HalfDone, Volume: name, ID: "v1", Cluster: "c1", Detail: "three bricks"},
		{Kind: gluster.OnlyInGluster, Volume: otherName, Cluster: "c1", Detail: "left over"},
		{Kind: gluster.StrayLV, Cluster: "c1", Host: "host-1", Detail: "vg/lv on host-1"},
	}
	report := Compare([]Inventory{inventory}, persistentVolumes(thePV()))
	expectFindings(t, report,
		Finding{Kind: "half-done", Heketi: url, Volume: name, ID: "v1", Cluster: "c1", SizeGiB: 5, GID: 2000, PersistentVolume: name, Detail: "three bricks"},
		Finding{Kind: "only-in-gluster", Heketi: url, Volume: otherName, Cluster: "c1", Detail: "left over"},
		Finding{Kind: "stray-lv", Heketi: url, Cluster: "c1", Detail: "vg/lv on host-1"},
	)
	if !report.Complete() || report.Clean() {
		t.Errorf("complete: %v, clean: %v", report.Complete(), report.Clean())
	}
	for _, finding := range report.Findings {
		if !finding.IsOfGluster() {
			t.Errorf("%s is taken for one of heketi's", finding.Kind)
		}
	}
}

func TestWhatIsNotToldOfHosts(t *testing.T) {
	silent, failed := has(theVolume()), has(theVolume())
	silent.Gluster = []gluster.Difference{{Kind: gluster.SilentHost, Cluster: "c1", Host: "host-1", Detail: "host-1 is silent"}}
	failed.GlusterErr = errors.New("it cannot tell")
	for said, inventory := range map[string]Inventory{"host-1 is silent": silent, "did not tell what gluster has: it cannot tell": failed} {
		report := Compare([]Inventory{inventory}, persistentVolumes(thePV()))
		if report.Complete() {
			t.Errorf("%s: the report is complete", said)
		}
		var text strings.Builder
		if err := report.WriteTable(&text); err != nil || !strings.Contains(text.String(), said) {
			t.Errorf("got %v, %q, want %q in it", err, text.String(), said)
		}
	}
}
