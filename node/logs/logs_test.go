package logs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/node/namespace"
)

const (
	quiet  = "[2026-11-28 16:27:52.353092 +0000] I [io-stats.c:3701:ios_sample_buf_size_configure] 0-v1: Configure ios_sample_buf  size is 1024\n"
	failed = quiet + "[2026-11-28 16:27:55.554047 +0000] E [glusterfsd-mgmt.c:2170:mgmt_getspec_cbk] 0-glusterfs: failed to get the 'volume file' from server\n"
	crash  = quiet + "pending frames:\nsignal received: 11\n"
)

// folder is one of logs, in the namespaces of the test.
func folder(t *testing.T, size int64) *Logs {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can enter namespaces")
	}
	here, err := namespace.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	return New(here, t.TempDir(), size)
}

// write writes the log of a volume, some time ago.
func (l *Logs) write(t *testing.T, volume int, suffix, text string, ago time.Duration) string {
	t.Helper()
	path := filepath.Join(l.folder, Name("c0", fmt.Sprintf("%032x", volume))+suffix)
	written := time.Now().Add(-ago)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
	return path
}

func (l *Logs) mustTidy(t *testing.T) {
	t.Helper()
	if err := l.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// TestThousandVolumes have been used and deleted. Logs stay of the last ones that failed.
func TestThousandVolumes(t *testing.T) {
	logs := folder(t, 1<<20)
	for i := range 1000 {
		text := []string{quiet, failed, crash, ""}[i%4]
		logs.write(t, i, "", text, time.Hour+time.Duration(i)*time.Minute)
		logs.write(t, i, ".1", quiet, 25*time.Hour+time.Duration(i)*time.Minute)
		logs.write(t, i, "-20261101.gz", "x", 100*time.Hour)
	}
	logs.mustTidy(t)
	files, err := filepath.Glob(filepath.Join(logs.folder, "*.log"))
	if err != nil || len(files) != kept {
		t.Errorf("%d logs are left, %v", len(files), err)
	}
	for i := range 1000 {
		path := filepath.Join(logs.folder, Name("c0", fmt.Sprintf("%032x", i)))
		if want := i < 2*kept && (i%4 == 1 || i%4 == 2); there(path) != want || there(path+".1") != want || there(path+"-20261101.gz") != want {
			t.Errorf("log %d is there: %t, want %t", i, there(path), want)
		}
	}
}

// TestWhatIsNotTidied are logs that a client writes to or may write to, and what is no log of
// a volume.
func TestWhatIsNotTidied(t *testing.T) {
	logs := folder(t, 1<<20)
	used := logs.write(t, 1, "", quiet, 24*time.Hour)
	fresh := logs.write(t, 2, "", quiet, time.Minute)
	gone := logs.write(t, 3, "", quiet, time.Hour)
	kept := logs.write(t, 5, "", quiet, time.Hour)
	if err := errors.Join(Keep(kept), Keep(kept+"-none")); err != nil {
		t.Fatal(err)
	}
	var others []string
	for _, name := range []string{"glusterd.log", "csi-mine.log", "csi-c0-1.txt"} {
		path := filepath.Join(logs.folder, name)
		if err := os.WriteFile(path, []byte(quiet), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
		others = append(others, path)
	}
	target := filepath.Join(t.TempDir(), "target")
	if err := os.WriteFile(target, []byte(strings.Repeat(quiet, 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(logs.folder, Name("c0", "4"))
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	client(t, used)
	logs.mustTidy(t)
	for _, path := range append(others, used, fresh, kept, link) {
		if !there(path) {
			t.Errorf("%s is gone", path)
		}
	}
	if there(gone) {
		t.Errorf("%s is still there", gone)
	}
	if info, err := os.Stat(target); err != nil || info.Size() < 1<<20 {
		t.Errorf("a link was followed: %v, %v", info, err)
	}
}

// client runs a process that looks like a client with that log, until the end of the test.
func client(t *testing.T, log string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "glusterfs")
	text, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "-c", "read x", "x", "--log-file="+log)
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = input.Close(); _ = command.Wait() })
}

// TestLogIsShortened has a client write, and go on writing when its log was made shorter.
func TestLogIsShortened(t *testing.T) {
	const size = 64 << 10
	logs := folder(t, size)
	path := logs.write(t, 1, "", "the cause\n", 0)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for range 3 {
		for i := range 2000 {
			if _, err := fmt.Fprintf(file, "line %d is as long as lines of logs usually are\n", i); err != nil {
				t.Fatal(err)
			}
		}
		logs.mustTidy(t)
	}
	if _, err := file.WriteString("the end\n"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"the cause\nline 0 ", "line 1999 is as long as lines of logs usually are\nthe end\n", "see --client-log-size\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in it", want)
		}
	}
	if len(text) > size || strings.Contains(string(text), "\x00") || !strings.HasPrefix(string(text), "the cause\n") {
		t.Errorf("the log has %d bytes, or holes", len(text))
	}
}

func TestNoFolder(t *testing.T) {
	logs := folder(t, 1)
	logs.folder += "/none"
	logs.mustTidy(t)
}
