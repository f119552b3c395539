package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mendFiles are files in a folder of their own, as heketi makes them.
func mendFiles(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	database := mustRead(t, "../../../provisioner/mend/testdata/before.json")
	save(t, folder+"/before.json", database)
	save(t, folder+"/ended.json", mustRead(t, "../../../provisioner/mend/testdata/after.json"))
	save(t, folder+"/gluster.txt", mustRead(t, "../../../provisioner/mend/testdata/gluster.txt"))
	save(t, folder+"/silent.json", []byte(`{"heketidb": `+string(database)+`, "clusters": []}`))
	save(t, folder+"/empty.json", nil)
	return folder
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func save(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// mendIn runs the command with files of a folder.
func mendIn(folder string, arguments ...string) (status int, stdout, stderr string) {
	for i, argument := range arguments {
		if flag, file, ok := strings.Cut(argument, "="); ok && file != "" && !strings.HasPrefix(file, "/") {
			arguments[i] = flag + "=" + filepath.Join(folder, file)
		}
	}
	var out, problems bytes.Buffer
	status = Main(append([]string{"mend"}, arguments...), &out, &problems)
	return status, out.String(), problems.String()
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestMendWritesTheMendedDatabase(t *testing.T) {
	t.Parallel()
	folder := mendFiles(t)
	dryStatus, dry, problems := mendIn(folder, "--database=before.json", "--gluster=gluster.txt", "--dry-run")
	if dryStatus != exitOK || problems != "" || len(names(t, folder)) != 5 {
		t.Fatalf("the dry run ended with %d, said %q, and left %q", dryStatus, problems, names(t, folder))
	}
	status, out, problems := mendIn(folder, "--database=before.json", "--gluster=gluster.txt", "--output=after.json")
	if status != exitOK || problems != "" {
		t.Fatalf("it ended with %d and said %q", status, problems)
	}
	if got := mustRead(t, folder+"/after.json"); !bytes.Equal(got, mustRead(t, folder+"/ended.json")) {
		t.Errorf("it wrote\n%s", got)
	}
	if info, err := os.Stat(folder + "/after.json"); err != nil || info.Mode() != 0o600 {
		t.Errorf("its mode is %v, error %v", info.Mode(), err)
	}
	if got := names(t, folder); len(got) != 6 {
		t.Errorf("there are the files %q", got)
	}
	report, isDry := strings.CutSuffix(dry, "dry run: nothing was written\n")
	if !isDry || !strings.HasPrefix(report, "finished: operation f1") {
		t.Errorf("the dry run said %q", dry)
	}
	if rest, same := strings.CutPrefix(out, report); !same || !strings.HasPrefix(rest, "written: "+folder+"/after.json; ") {
		t.Errorf("it said\n%s\nwant that of the dry run, which is\n%s", out, report)
	}
}

func TestMendFindsNothing(t *testing.T) {
	t.Parallel()
	folder := mendFiles(t)
	status, out, problems := mendIn(folder, "--database=ended.json", "--gluster=gluster.txt", "--output=after.json")
	if status != exitOK || problems != "" || !strings.HasPrefix(out, "nothing to mend") || len(names(t, folder)) != 5 {
		t.Errorf("it ended with %d, said %q and %q, and left %q", status, out, problems, names(t, folder))
	}
}

// TestMendFails has files and flags that cannot be. It writes nothing, and says in one line
// each what is wrong and that nothing was written.
func TestMendFails(t *testing.T) {
	t.Parallel()
	const good, view, out = "--database=before.json", "--gluster=gluster.txt", "--output=after.json"
	for name, test := range map[string]struct {
		arguments []string
		status    int
		want      []string
	}{
		"no flags":              {nil, exitUsage, []string{"--database is not set", "heketi db export", "; --gluster is not set", "; --output is not set", "mend --help"}},
		"no output":             {[]string{good, view}, exitUsage, []string{"--output is not set", "--dry-run"}},
		"no database, and dry":  {[]string{view, "--dry-run"}, exitUsage, []string{"--database is not set"}},
		"an argument":           {[]string{good, view, out, "more"}, exitUsage, []string{`unexpected arguments ["more"]`}},
		"the audit's flag":      {[]string{"--orphan-policy=delete"}, exitUsage, []string{"unknown flag: --orphan-policy"}},
		"a refusal":             {[]string{good, "--gluster=silent.json", out}, exitFailed, []string{"operation f1", "vol_example", "no answer from storage host 192.168.10.1, 192.168.10.2"}},
		"a refusal, and dry":    {[]string{good, "--gluster=silent.json", "--dry-run"}, exitFailed, []string{"operation f1"}},
		"output that is there":  {[]string{good, view, "--output=ended.json"}, exitFailed, []string{"--output=", "ended.json: it exists", "name a new file"}},
		"output over its input": {[]string{good, view, "--output=before.json"}, exitFailed, []string{"it exists"}},
		"output nowhere":        {[]string{good, view, "--output=no/after.json"}, exitFailed, []string{"--output=", "no such file or directory"}},
		"no database":           {[]string{"--database=no.json", view, out}, exitFailed, []string{"--database=", "no.json: no such file"}},
		"no view":               {[]string{good, "--gluster=no.json", out}, exitFailed, []string{"--gluster=", "no.json: no such file"}},
		"an empty database":     {[]string{"--database=empty.json", view, out}, exitFailed, []string{"--database=", "it is not what \"heketi db export\" writes"}},
		"an empty view":         {[]string{good, "--gluster=empty.json", out}, exitFailed, []string{"--gluster=", "it is not what \"heketi offline state examine gluster\" prints"}},
		"both the other way":    {[]string{"--database=gluster.txt", "--gluster=before.json", out}, exitFailed, []string{"--database="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := mendFiles(t)
			status, stdout, stderr := mendIn(folder, test.arguments...)
			if status != test.status || stdout != "" {
				t.Errorf("it ended with %d and printed %q, want %d and nothing", status, stdout, test.status)
			}
			for _, want := range test.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("it said %q, want %q", stderr, want)
				}
			}
			for line := range strings.Lines(stderr) {
				if !strings.HasPrefix(line, "glusterfs-provisioner: ") {
					t.Errorf("a line is %q", line)
				}
			}
			if written := strings.HasSuffix(stderr, "glusterfs-provisioner: nothing was written\n"); written != (test.status == exitFailed) {
				t.Errorf("it said %q", stderr)
			}
			if got := names(t, folder); len(got) != 5 {
				t.Errorf("there are the files %q", got)
			}
		})
	}
}

func TestMendHelp(t *testing.T) {
	t.Parallel()
	status, out, problems := mendIn("", "--help")
	if status != exitOK || problems != "" || !strings.Contains(out, "--dry-run") || strings.Contains(out, "--worker-threads") {
		t.Errorf("it ended with %d and said %q, %q", status, out, problems)
	}
	if status, _, problems := mendIn(""); status != exitUsage || !strings.HasSuffix(problems, "; see glusterfs-provisioner mend --help\n") {
		t.Errorf("it ended with %d and said %q", status, problems)
	}
}

// TestMendIsTheFirstArgument has it elsewhere.
func TestMendIsTheFirstArgument(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if status := Main([]string{"--v=0", "mend"}, &stdout, &stderr); status != exitUsage || !strings.Contains(stderr.String(), "come before their flags") {
		t.Errorf("it ended with %d and said %q", status, &stderr)
	}
}
