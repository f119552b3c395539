package host

import (
	"testing"

	"glusterfs-provisioner/host/ownership"
)

// TestClaimKeepsTheIdentity has a power cut empty glusterd's file: it gets back what was noted, and what it has is never replaced.
func TestClaimKeepsTheIdentity(t *testing.T) {
	const (
		noted   = `{"node":"n","version":"glusterfs 10.3","uuid":"noted","operatingVersion":"100000"}` + "\n"
		peer    = "uuid=p\nstate=3\nhostname1=h\n"
		its     = "UUID=its\noperating-version=100000\n"
		restore = "UUID=noted\noperating-version=100000\n"
	)
	for name, test := range map[string]struct {
		files map[string]string
		// info is what glusterd's file has then, and uuid what is noted.
		info, uuid string
	}{
		"it is new":              {map[string]string{}, "", ""},
		"it is there":            {map[string]string{"glusterd.info": its, "peers/p": peer}, its, "its"},
		"another one is there":   {map[string]string{"glusterd.info": its, "peers/p": peer, "glusterfs-host.json": noted}, its, "its"},
		"it is empty":            {map[string]string{"glusterd.info": "", "peers/p": peer, "glusterfs-host.json": noted}, restore, "noted"},
		"it is gone":             {map[string]string{"peers/p": peer, "glusterfs-host.json": noted}, restore, "noted"},
		"nothing is known by it": {map[string]string{"glusterfs-host.json": noted}, "", "noted"},
	} {
		t.Run(name, func(t *testing.T) {
			h := &Host{config: Config{Glusterd: files(t, test.files), Node: "n"}}
			if err := h.claim(); err != nil {
				t.Fatal(err)
			}
			if got := read(t, h.config.Glusterd)["glusterd.info"]; got != test.info {
				t.Errorf("glusterd.info has %q, want %q", got, test.info)
			}
			mark, err := ownership.Read(h.config.Glusterd)
			if err != nil || mark.UUID != test.uuid || mark.Node != "n" {
				t.Errorf("noted is %+v (%v), want %q", mark, err, test.uuid)
			}
		})
	}
}
