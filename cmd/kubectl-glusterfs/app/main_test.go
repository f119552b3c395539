package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/inventory"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
)

func TestCalledAs(t *testing.T) {
	for program, want := range map[string]string{
		"/usr/local/bin/kubectl-glusterfs": "kubectl glusterfs",
		"./glusterfs-ctl":                  "glusterfs-ctl",
	} {
		if got := calledAs(program); got != want {
			t.Errorf("%s is called as %q, want %q", program, got, want)
		}
	}
}

// TestArguments has what is wrong with them told, with the remedy.
func TestArguments(t *testing.T) {
	noCluster := "--kubeconfig=" + filepath.Join(t.TempDir(), "none")
	for arguments, test := range map[string]struct {
		status int
		says   string
	}{
		"--help":                        {exitOK, "why"},
		"completion bash":               {exitOK, "kubectl-glusterfs"},
		"__complete list -o w":          {exitOK, "wide\n"},
		"version " + noCluster:          {exitOK, "commit"},
		"why":                           {exitUnknown, "accepts 1 arg(s), received 0"},
		"list pictures":                 {exitUnknown, "pictures"},
		"list -o xml":                   {exitUnknown, "--output=xml: must be one of table, wide, json, yaml, name"},
		"why pictures -o name":          {exitUnknown, "--output=name: must be one of table, json, yaml"},
		"why pictures " + noCluster:     {exitUnknown, "none"},
		"convert-topology /nowhere":     {exitUnknown, "open /nowhere: no such file"},
		"fix":                           {exitUnknown, `unknown command "fix"`},
		"list --context=x " + noCluster: {exitUnknown, "none"},
	} {
		var stdout, stderr bytes.Buffer
		status := Main(append([]string{"kubectl-glusterfs"}, strings.Fields(arguments)...), &stdout, &stderr)
		if status != test.status || !strings.Contains(stdout.String()+stderr.String(), test.says) {
			t.Errorf("%q ends with %d, want %d and %q:\n%s%s", arguments, status, test.status, test.says, stdout.String(), stderr.String())
		}
	}
}

// TestTopologyFileIsConverted has the verb read a file, or say what is wrong with it and print nothing.
func TestTopologyFileIsConverted(t *testing.T) {
	const one = `{"clusters": [{"nodes": [{"node": {"hostnames": {"manage": ["node0"], "storage": ["10.0.0.1"]}, "zone": 1}, "devices": ["/dev/vdb"]}]}]}`
	file := filepath.Join(t.TempDir(), "topology.json")
	for name, test := range map[string]struct {
		content        string
		status         int
		printed, error string
	}{
		"as it should be": {one, exitOK, "kind: GlusterCluster\nmetadata:\n  name: disks\n", ""},
		"without a zone":  {strings.Replace(one, `, "zone": 1`, "", 1), exitUnknown, "", "cannot be converted, and nothing was printed: clusters[0].nodes[0].node.zone: 0"},
	} {
		if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		status := Main([]string{"kubectl-glusterfs", "convert-topology", file, "--name=disks"}, &stdout, &stderr)
		if status != test.status || !strings.Contains(stdout.String(), test.printed) || (stdout.Len() > 0) != (status == exitOK) || !strings.Contains(stderr.String(), test.error) {
			t.Errorf("%s: it ends with %d:\n%s%s", name, status, stdout.String(), stderr.String())
		}
	}
}

func TestStatusOf(t *testing.T) {
	for state, want := range map[verdict.State]error{
		verdict.Fine: nil, verdict.Waits: nil, verdict.Wrong: outcome(exitWrong), verdict.Unknown: outcome(exitUnknown),
	} {
		if got := statusOf(state); !errors.Is(got, want) {
			t.Errorf("%s ends with %v, want %v", state, got, want)
		}
	}
}

// TestFormats prints a volume in each format.
func TestFormats(t *testing.T) {
	volumes := []inventory.Volume{{Namespace: "demo", Claim: "pictures", PersistentVolume: "pvc-1", Size: "2Gi", Source: "csi", Heketi: "http://h1"}}
	for format, want := range map[string]string{
		table:    "NAMESPACE   CLAIM      VOLUME   CLASS   SIZE   GID   PHASE\ndemo        pictures   pvc-1    -       2Gi    -     -\n",
		names:    "persistentvolume/pvc-1\n",
		yamlText: "items:\n- claim: pictures\n  heketi: http://h1\n  namespace: demo\n  persistentVolume: pvc-1\n  phase: \"\"\n  size: 2Gi\n  source: csi\n",
		jsonText: "{\n  \"items\": [\n    {\n      \"namespace\": \"demo\",\n      \"claim\": \"pictures\",\n      \"persistentVolume\": \"pvc-1\",\n" +
			"      \"phase\": \"\",\n      \"size\": \"2Gi\",\n      \"source\": \"csi\",\n      \"heketi\": \"http://h1\"\n    }\n  ]\n}\n",
	} {
		var out bytes.Buffer
		if err := (&output{format: format}).print(&out, volumesPrinted(volumes, true)); err != nil || out.String() != want {
			t.Errorf("as %s, %v:\n%s\nwant\n%s", format, err, out.String(), want)
		}
	}
	var out bytes.Buffer
	if err := (&output{format: wide}).print(&out, volumesPrinted(volumes, false)); err != nil || !strings.Contains(out.String(), "HEKETI") || strings.Contains(out.String(), "NAMESPACE") {
		t.Errorf("wide, %v:\n%s", err, out.String())
	}
}
