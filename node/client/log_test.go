package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// errFailed is what mount.glusterfs ends with.
var errFailed = errors.New("mount.glusterfs failed: exit status 1")

// TestFirstCause reads logs of GlusterFS's clients, whose files are named after what was wrong
// and the version. Those of 10.3 were written by Debian's package.
func TestFirstCause(t *testing.T) {
	for file, test := range map[string]struct {
		said, want string
		cause      Cause
	}{
		"tls-10.3": {"Mount failed. Check the log file /x.log for more details.",
			"GlusterFS client 10.3: mount.glusterfs failed: exit status 1: " +
				"0-volume-1-client-0: could not load our cert at /usr/lib/ssl/glusterfs.pem | " +
				"0-volume-1-client-0:   error:80000002:system library::No such file or directory | " +
				"0-fuse: first lookup on root failed (Transport endpoint is not connected); see LOG", NoServer},
		"stopped-10.3": {"Mount failed. Check the log file /x.log for more details.",
			"GlusterFS client 10.3: mount.glusterfs failed: exit status 1: 0-volume-1-client-0: failed to get the port number for remote subvolume. " +
				"Please run gluster volume status on server to see if brick process is running... | " +
				"0-fuse: first lookup on root failed (Transport endpoint is not connected); see LOG", NoServer},
		"unknown-volume-10.3": {"Mounting glusterfs on /mnt failed.",
			"GlusterFS client 10.3: mount.glusterfs failed: exit status 1: 0-glusterfs: failed to get the 'volume file' from server | " +
				"0-mgmt: failed to fetch volume file (key:/nobodys); see LOG", UnknownVolume},
		"no-route-10.3": {"",
			"GlusterFS client 10.3: mount.glusterfs failed: exit status 1: 0-glusterfs: connection attempt on  failed, (Network is unreachable); see LOG", NoServer},
		"crash-10.3": {"Mount failed. Check the log file /x.log for more details.",
			"the GlusterFS client has crashed, by signal 11 (glusterfs 10.3): mount.glusterfs failed: exit status 1; see LOG", Other},
		"crash-4.1.5": {"Mount failed. Please check the log file for more details.",
			"the GlusterFS client has crashed, by signal 11 (glusterfs 4.1.5): mount.glusterfs failed: exit status 1: 0-epoll: Failed to dispatch handler; see LOG", Other},
		"nothing": {"Segmentation fault (core dumped)",
			"the GlusterFS client has crashed, Segmentation fault (glusterfs 10.3): mount.glusterfs failed: exit status 1: Segmentation fault (core dumped)", Other},
		"mounted-10.3": {"Invalid option no-such-option",
			"GlusterFS client 10.3: mount.glusterfs failed: exit status 1: Invalid option no-such-option: " +
				"0-volume-1: Configure ios_sample_buf  size is 1024 because ios_sample_interval is 0; see LOG", BadOption},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", file+".log"))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "log")
			before := "[2026-11-21 12:00:00.000002 +0000] E [x.c:1:x] 0-x: of the start before\nsignal received: 6\n"
			if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			log := openLog(path)
			if err := os.WriteFile(path, append([]byte(before), text...), 0o600); err != nil {
				t.Fatal(err)
			}
			got := describe(errFailed, "10.3", test.said, log)
			if want := strings.ReplaceAll(test.want, "LOG", path); got.Error() != want {
				t.Errorf("error is\n%v, want\n%v", got, want)
			}
			if !errors.Is(got, errFailed) {
				t.Error("it is another error")
			}
			if cause := CauseOf(fmt.Errorf("cannot mount: %w", got)); cause != test.cause {
				t.Errorf("cause is %s, want %s", cause, test.cause)
			}
		})
	}
}

// TestCauses are those that no log tells.
func TestCauses(t *testing.T) {
	for want, err := range map[Cause]error{
		NoClient: fmt.Errorf("node n: %w", ErrNotInstalled),
		Timeout:  fmt.Errorf("it took too long: %w", context.DeadlineExceeded),
		Other:    errors.New("cannot make the folder of the client's log"),
	} {
		if got := CauseOf(err); got != want {
			t.Errorf("%v: cause is %s, want %s", err, got, want)
		}
	}
}

// TestCauseIsFarAbove has a log that is longer than what is read of it.
func TestCauseIsFarAbove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(path)
	text := "[x] E [a.c:1:a] 0-a: the cause\n" + strings.Repeat("[x] E [a.c:1:a] 0-a: more and more\n", 20_000) + "[x] E [a.c:1:a] 0-a: the end\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(read(log.read()).errors, " | "); got != "0-a: the cause | 0-a: more and more | 0-a: the end" {
		t.Errorf("errors are %q", got)
	}
}

func TestRotatedLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(strings.Repeat("old\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	log := openLog(path)
	if err := os.WriteFile(path, []byte("new\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := string(log.read()); got != "new\n" {
		t.Errorf("the log is %q", got)
	}
}

func TestNoLog(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), "/dev/null", t.TempDir()} {
		if got := describe(errFailed, "", "", openLog(path)); got.Error() != errFailed.Error() {
			t.Errorf("%s: error is %v", path, got)
		}
	}
}

// TestErrorsFitAnEvent has everything be long. kubelet's words and the servers come in addition.
func TestErrorsFitAnEvent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(path)
	var text strings.Builder
	for i := range 20 {
		text.WriteString("[x] E [a.c:1:a] 0-a: " + string(rune('a'+i)) + strings.Repeat("ä", 500) + "\n")
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	got := describe(errFailed, "10.3", strings.Repeat("Something else. ", 100), log)
	if length := len(got.Error()) - len(path); length > 800 {
		t.Errorf("%d bytes: %v", length, got)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"[x] E [y] z\n", "signal received: 11\npackage-string: glusterfs 10.3\n", "+--+\n\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := read(text)
		if len(r.errors) > causes+1 {
			t.Errorf("%d lines", len(r.errors))
		}
		for _, line := range append(r.errors, r.crash.version) {
			if len(line) > 3*lineBytes || strings.Contains(line, "\n") {
				t.Errorf("a line of %d bytes: %q", len(line), line)
			}
		}
	})
}
