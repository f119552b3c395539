package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/rebuild"
)

// rebuildFiles are files of one storage host, without heketi's devices, and of no PersistentVolumes.
func rebuildFiles(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	const cli = "<cliOutput><opRet>0</opRet>"
	var document strings.Builder
	for _, part := range []struct{ name, text string }{
		{"format", "1"}, {"glusterd", "UUID=10000000-0000-0000-0000-000000000001"},
		{"peers", cli + "<peerStatus><peer><uuid>10000000-0000-0000-0000-000000000001</uuid><hostname>localhost</hostname></peer></peerStatus></cliOutput>"},
		{"volumes", cli + "</cliOutput>"}, {"snapshots", cli + "</cliOutput>"},
		{"pvs", `{"report":[{"pv":[]}]}`}, {"vgs", `{"report":[{"vg":[]}]}`}, {"lvs", `{"report":[{"lv":[]}]}`}, {"all", ""},
	} {
		document.WriteString("=== begin " + part.name + "\n" + part.text + "\n=== end " + part.name + " 0\n")
	}
	for name, text := range map[string]string{
		"one.txt": document.String(), "cut.txt": document.String()[:200],
		"none.yaml":  "apiVersion: v1\nkind: List\nitems: []\n",
		"lost.yaml":  "apiVersion: v1\nkind: List\nitems:\n- kind: PersistentVolume\n  metadata: {name: lost}\n  spec: {glusterfs: {path: vol_lost}}\n",
		"class.yaml": "kind: StorageClass\n", "claims.yaml": "kind: List\nitems:\n- kind: PersistentVolumeClaim\n",
		"topology.json": `{"clusters": [{"nodes": [{"node": {"hostnames": {"manage": ["one"]}, "zone": 7}}]}]}`,
	} {
		save(t, filepath.Join(folder, name), []byte(text))
	}
	return folder
}

// rebuildIn runs the command with files of a folder.
func rebuildIn(folder string, arguments ...string) (status int, stdout, stderr string) {
	for i, argument := range arguments {
		flag, file, is := strings.Cut(argument, "=")
		switch {
		case is && file != "":
			arguments[i] = flag + "=" + filepath.Join(folder, file)
		case !strings.HasPrefix(argument, "-"):
			arguments[i] = filepath.Join(folder, argument)
		}
	}
	var out, problems bytes.Buffer
	status = Main(append([]string{rebuildCommand}, arguments...), &out, &problems)
	return status, out.String(), problems.String()
}

func TestRebuildWritesADatabase(t *testing.T) {
	t.Parallel()
	folder := rebuildFiles(t)
	status, out, problems := rebuildIn(folder, "--volumes=none.yaml", "--dry-run", "one.txt")
	if status != exitOK || problems != "" || !strings.HasSuffix(out, "dry run: nothing was written\n") || len(names(t, folder)) != 7 {
		t.Errorf("the dry run ended with %d, said %q and %q, and left %q", status, out, problems, names(t, folder))
	}
	status, out, problems = rebuildIn(folder, "--volumes=none.yaml", "--topology=topology.json", "--output=rebuilt.json", "one.txt")
	if status != exitOK || problems != "" || !strings.Contains(out, "heketi db import --jsonfile="+folder+"/rebuilt.json --dbfile=heketi.db") {
		t.Errorf("it ended with %d and said %q and %q", status, out, problems)
	}
	if text := string(mustRead(t, folder+"/rebuilt.json")); !strings.Contains(text, `"zone": 7`) || !strings.Contains(text, `"10000000000000000000000000000001"`) {
		t.Errorf("it wrote\n%s", text)
	}
	if info, err := os.Stat(folder + "/rebuilt.json"); err != nil || info.Mode() != 0o600 {
		t.Errorf("its mode is %v, error %v", info.Mode(), err)
	}
	status, out, _ = rebuildIn(folder, "--volumes=lost.yaml", "--leave-out", "--output=left.json", "one.txt")
	if status != exitOK || !strings.Contains(out, "contradiction: PersistentVolume lost has volume vol_lost") || len(names(t, folder)) != 9 {
		t.Errorf("told to leave out, it ended with %d and said %q", status, out)
	}
}

func TestRebuildPrintsTheScript(t *testing.T) {
	t.Parallel()
	if status, out, _ := rebuildIn("", "--script"); status != exitOK || out != rebuild.Script || !strings.HasPrefix(out, "#!/bin/sh\n") {
		t.Errorf("it ended with %d and printed %q", status, out)
	}
}

// TestRebuildFails has files and flags that cannot be. It writes nothing.
func TestRebuildFails(t *testing.T) {
	t.Parallel()
	const volumes, out = "--volumes=none.yaml", "--output=rebuilt.json"
	for name, test := range map[string]struct {
		arguments []string
		status    int
		want      []string
	}{
		"nothing":              {nil, exitUsage, []string{"--volumes is not set", "kubectl get pv -o yaml", "no files of storage hosts", "--output is not set", "rebuild --help"}},
		"a contradiction":      {[]string{"--volumes=lost.yaml", out, "one.txt"}, exitFailed, []string{"1 contradictions; settle them", "--leave-out"}},
		"output that is there": {[]string{volumes, "--output=one.txt", "one.txt"}, exitFailed, []string{"it exists"}},
		"no host's file":       {[]string{volumes, out, "no.txt", "cut.txt"}, exitFailed, []string{"no.txt: open", "cut.txt: it is cut off"}},
		"a class":              {[]string{"--volumes=class.yaml", out, "one.txt"}, exitFailed, []string{`it has the kind "StorageClass", want a List`}},
		"claims":               {[]string{"--volumes=claims.yaml", out, "one.txt"}, exitFailed, []string{`an object of the kind "PersistentVolumeClaim"`}},
		"no YAML":              {[]string{"--volumes=one.txt", out, "one.txt"}, exitFailed, []string{"--volumes="}},
		"no topology":          {[]string{volumes, "--topology=none.yaml", out, "one.txt"}, exitFailed, []string{"--topology="}},
		"one host twice":       {[]string{volumes, out, "one.txt", "one.txt"}, exitFailed, []string{"are of one storage host"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := rebuildFiles(t)
			status, _, stderr := rebuildIn(folder, test.arguments...)
			if status != test.status || len(names(t, folder)) != 7 {
				t.Errorf("it ended with %d and left %q", status, names(t, folder))
			}
			for _, want := range test.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("it said %q, want %q", stderr, want)
				}
			}
			if written := strings.HasSuffix(stderr, "glusterfs-provisioner: nothing was written\n"); written != (test.status == exitFailed) {
				t.Errorf("it said %q", stderr)
			}
		})
	}
}
