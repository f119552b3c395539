package keeper

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// imports runs the keeper's command import with a text, and returns its exit status and what it said.
func (p *place) imports(t *testing.T, text []byte) (status int, said string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), env.binary, "import",
		"--kubeconfig="+p.kubeconfig, "--namespace="+p.namespace, "--dir="+t.TempDir(), "--heketi="+env.heketi.Server)
	command.Stdin = bytes.NewReader(text)
	output, err := command.CombinedOutput()
	if command.ProcessState == nil {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode(), string(output)
}

// TestKeeperStartsFromAnotherDatabase saves a database that was made elsewhere, where none was saved, and nowhere else.
func TestKeeperStartsFromAnotherDatabase(t *testing.T) {
	t.Parallel()
	lost := newPlace(t, nil)
	k := lost.start(t, t.TempDir())
	addNodes(t, k.client(t))
	create(t, k.client(t), "first")
	k.endWell(t)
	file := filepath.Join(t.TempDir(), "rebuilt.json")
	export := exec.CommandContext(t.Context(), env.heketi.Server, "db", "export", "--dbfile="+filepath.Join(k.folder, "heketi.db"), "--jsonfile="+file)
	if output, err := export.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	text := must[[]byte](t)(os.ReadFile(file))
	if status, said := lost.imports(t, text); status != 1 || !strings.Contains(said, "is saved in Secret "+lost.namespace+"/heketi-database, and is not replaced") ||
		!strings.Contains(said, "kubectl delete secret,configmap heketi-database -n "+lost.namespace) {
		t.Errorf("where a database is saved, it ended with %d and said %q", status, said)
	}

	p := newPlace(t, nil)
	for _, wrong := range []struct{ text, want string }{
		{"", "it is no JSON"},
		{"{}", "it has no clusters"},
		{`{"clusterentries": {"c": {"Info": 7}}}`, "heketi cannot make a database of it"},
	} {
		if status, said := p.imports(t, []byte(wrong.text)); status != 1 || !strings.Contains(said, wrong.want) {
			t.Errorf("with %q, it ended with %d and said %q", wrong.text, status, said)
		}
	}
	if secrets := secretsIn(t, p.namespace); len(secrets) > 0 {
		t.Errorf("it has saved %d Secrets", len(secrets))
	}
	if status, said := p.imports(t, text); status != 0 || !strings.Contains(said, "saved in Secret "+p.namespace+"/heketi-database") {
		t.Fatalf("it ended with %d and said %q", status, said)
	}
	k = p.start(t, t.TempDir())
	expectVolumes(t, k.client(t), "first")
	create(t, k.client(t), "second")
	k.kill(t)
	k = p.start(t, t.TempDir())
	expectVolumes(t, k.client(t), "first", "second")
}
