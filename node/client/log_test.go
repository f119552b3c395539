package client

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lines are as glusterfs 10.3 writes them.
const lines = `[2026-11-21 12:00:00.000001 +0000] I [MSGID: 100030] [glusterfsd.c:2872:main] 0-/usr/sbin/glusterfs: Started running version [{arg=/usr/sbin/glusterfs}, {version=10.3}]
[2026-11-21 12:00:00.000002 +0000] E [glusterfsd-mgmt.c:2138:mgmt_getspec_cbk] 0-glusterfs: failed to get the 'volume file' from server
+------------------------------------------------------------------------------+
[2026-11-21 12:00:00.000003 +0000] E [MSGID: 101172] [glusterfsd-mgmt.c:2339:mgmt_getspec_cbk] 0-mgmt: failed to fetch volume file [{key=/nobodys}]

no form at all
`

func TestLastLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("[x] E [y] of before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log := openLog(path)
	if got := log.lastLines(); len(got) != 0 {
		t.Errorf("lines of nothing are %q", got)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(lines); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	want := []string{
		"E 0-glusterfs: failed to get the 'volume file' from server",
		"E 0-mgmt: failed to fetch volume file [{key=/nobodys}]",
		"no form at all",
	}
	if got := log.lastLines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("lines are %q, want %q", got, want)
	}
}

func TestLastLinesOfARotatedLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(strings.Repeat("old\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	log := openLog(path)
	if err := os.WriteFile(path, []byte("new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := log.lastLines(); len(got) != 1 || got[0] != "new" {
		t.Errorf("lines are %q", got)
	}
}

func TestNoLog(t *testing.T) {
	if got := openLog(filepath.Join(t.TempDir(), "none")).lastLines(); got != nil {
		t.Errorf("lines are %q", got)
	}
	if got := openLog("/dev/null").lastLines(); len(got) != 0 {
		t.Errorf("lines are %q", got)
	}
}

func TestErrorsFitAnEvent(t *testing.T) {
	var text strings.Builder
	for range 20 {
		text.WriteString(strings.Repeat("ä", 500) + "\n")
	}
	err := describe(errors.New("exit status 1"), strings.Repeat("Mount failed.\n", 2), "/var/log/x.log", linesOf([]byte(text.String())))
	if len(err.Error()) > 800 || !strings.HasPrefix(err.Error(), "exit status 1: Mount failed. Mount failed.; the end of /var/log/x.log: ") {
		t.Errorf("%d bytes: %v", len(err.Error()), err)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte(lines))
	f.Fuzz(func(t *testing.T, text []byte) {
		got := linesOf(text)
		if len(got) > logLines {
			t.Errorf("%d lines", len(got))
		}
		for _, line := range got {
			if len(line) > 2*lineBytes || strings.Contains(line, "\n") {
				t.Errorf("a line of %d bytes: %q", len(line), line)
			}
		}
	})
}
