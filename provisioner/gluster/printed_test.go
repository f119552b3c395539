package gluster_test

import (
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/gluster"
)

// printed is what heketi has between its lines.
const printed = `{
    "heketidb": {"clusterentries": {"c": {"Info": {"nodes": ["n"]}}}, "volumeentries": {}},
    "report": ["could not fetch LVM lvs data from node EXAMINER_OUTPUT_ENDS"],
    "clusters": [{"ClusterHeketiID": "c", "NodesData": [{"NodeHeketiID": "n", "VolumeInfo": {}, "BricksMountStatus": {"Statuses": null}}]}]
}
`

func TestParsePrinted(t *testing.T) {
	t.Parallel()
	const log = "OFFLINE COMMAND: Examine state of Gluster\n" +
		"[heketi] WARNING 2026/01/02 03:04:05 Heketi has existing pending operations in the db.\n" +
		"Starting examiner now...\n"
	for name, text := range map[string]string{
		"heketi-cli's":     printed,
		"offline":          log + "EXAMINER_OUTPUT_STARTS\n" + printed + "EXAMINER_OUTPUT_ENDS\n",
		"offline, and log": log + "EXAMINER_OUTPUT_STARTS\n" + printed + "EXAMINER_OUTPUT_ENDS\n" + log,
	} {
		state, err := gluster.ParsePrinted([]byte(text))
		if err != nil || len(state.Hosts) != 1 || !state.Hosts[0].Answered() {
			t.Errorf("%s: got %+v, error %v", name, state, err)
		}
	}
	for name, text := range map[string]string{
		"nothing":   "",
		"a failure": log + "Failed to examine Gluster: no such host\n",
		"cut off":   log + "EXAMINER_OUTPUT_STARTS\n" + printed[:len(printed)/2],
		"an export": `{"clusterentries": {}, "volumeentries": {}}`,
	} {
		if state, err := gluster.ParsePrinted([]byte(text)); err == nil {
			t.Errorf("%s: got %+v", name, state)
		}
	}
	if _, err := gluster.ParsePrinted([]byte("EXAMINER_OUTPUT_STARTS\n" + printed)); err == nil || !strings.Contains(err.Error(), "not whole") {
		t.Errorf("a text without its end gives error %v", err)
	}
}
