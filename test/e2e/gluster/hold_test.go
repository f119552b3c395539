package gluster

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const bound = 30 * time.Second

// caller runs commands as sshd would on the hosts.
type caller struct {
	t             *testing.T
	script, holds string
}

func newCaller(t *testing.T) caller {
	t.Helper()
	c := caller{t: t, script: filepath.Join(t.TempDir(), "hold.sh"), holds: t.TempDir()}
	if err := os.WriteFile(c.script, holdScript, 0o700); err != nil {
		t.Fatal(err)
	}
	return c
}

// call is a command that runs on a host.
type call struct {
	t              *testing.T
	process        *exec.Cmd
	output, errors bytes.Buffer
}

func (c caller) start(host, command string) *call {
	c.t.Helper()
	run := &call{t: c.t, process: exec.CommandContext(c.t.Context(), c.script, c.holds, host)}
	run.process.Env = append(os.Environ(), "SSH_ORIGINAL_COMMAND="+command)
	run.process.Stdout, run.process.Stderr = &run.output, &run.errors
	if err := run.process.Start(); err != nil {
		c.t.Fatal(err)
	}
	return run
}

// ends waits for its end and returns its exit code and what it printed.
func (c *call) ends() (code int, output string) {
	c.t.Helper()
	// Its exit code is the error.
	_ = c.process.Wait()
	return c.process.ProcessState.ExitCode(), strings.TrimSpace(c.output.String() + c.errors.String())
}

func (c caller) hold(command string, moment Moment, host string) *Hold {
	c.t.Helper()
	hold, err := newHold(c.holds, host, HoldOptions{Command: command, Moment: moment})
	if err != nil {
		c.t.Fatal(err)
	}
	return hold
}

func reached(t *testing.T, hold *Hold, want string) {
	t.Helper()
	if host, err := hold.Reached(t.Context(), bound); err != nil || host != want {
		t.Fatalf("held is a command on the host %q (%v), want %q", host, err, want)
	}
}

func TestWithoutAHoldAllRuns(t *testing.T) {
	c := newCaller(t)
	if code, output := c.start("gfs1", `bash -c 'echo "it'\''s"; exit 3'`).ends(); code != 3 || output != "it's" {
		t.Errorf("the command ends with %d and prints %q", code, output)
	}
	c.hold("lvremove", Before, "")
	if code, output := c.start("gfs1", "echo lvcreate").ends(); code != 0 || output != "lvcreate" {
		t.Errorf("a command that no hold is for ends with %d and prints %q", code, output)
	}
}

// The verdicts, and what comes of them.
func TestHeldCommand(t *testing.T) {
	for name, test := range map[string]struct {
		moment  Moment
		release bool
		// early and late are whether the command has run while it is held, and in the end.
		early, late bool
		code        int
		output      string
	}{
		"released before":  {moment: Before, release: true, late: true, code: 3, output: "volume add-brick: done"},
		"dropped before":   {moment: Before, code: 1, output: "a test has dropped this command"},
		"released after":   {moment: After, release: true, early: true, late: true, code: 3, output: "volume add-brick: done"},
		"dropped after it": {moment: After, early: true, late: true, code: 1, output: "a test has dropped this command"},
	} {
		t.Run(name, func(t *testing.T) {
			c, done := newCaller(t), filepath.Join(t.TempDir(), "done")
			hold := c.hold("volume add-brick", test.moment, "")
			run := c.start("gfs2", "touch "+done+"; echo volume add-brick: done; exit 3")
			reached(t, hold, "gfs2")
			if _, err := os.Stat(done); (err == nil) != test.early {
				t.Errorf("while it is held: %v", err)
			}
			verdict := hold.Drop
			if test.release {
				verdict = hold.Release
			}
			if err := verdict(t.Context()); err != nil {
				t.Fatal(err)
			}
			if code, output := run.ends(); code != test.code || output != test.output {
				t.Errorf("it ends with %d and prints %q, want %d and %q", code, output, test.code, test.output)
			}
			if _, err := os.Stat(done); (err == nil) != test.late {
				t.Errorf("in the end: %v", err)
			}
		})
	}
}

func TestOnlyOneCommandIsHeld(t *testing.T) {
	c := newCaller(t)
	hold := c.hold("mount -o * /dev/mapper/*", Before, "")
	var runs []*call
	for _, host := range []string{"gfs1", "gfs2", "gfs3"} {
		runs = append(runs, c.start(host, "echo mount -o rw /dev/mapper/vg_1-brick_1"))
	}
	held, err := hold.Reached(t.Context(), bound)
	if err != nil {
		t.Fatal(err)
	}
	for i, host := range []string{"gfs1", "gfs2", "gfs3"} {
		if host == held {
			continue
		}
		if code, output := runs[i].ends(); code != 0 {
			t.Errorf("on %s, the command ends with %d: %s", host, code, output)
		}
	}
	if err := hold.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, run := range runs {
		if run.process.ProcessState == nil {
			run.ends()
		}
	}
}

func TestHoldOnOneHost(t *testing.T) {
	c := newCaller(t)
	hold := c.hold("umount", After, "gfs2")
	if code, output := c.start("gfs1", "echo umount").ends(); code != 0 || output != "umount" {
		t.Errorf("on another host the command ends with %d and prints %q", code, output)
	}
	run := c.start("gfs2", "echo umount")
	reached(t, hold, "gfs2")
	// As when the host is switched off.
	if err := run.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	run.ends()
	if code, output := c.start("gfs2", "echo umount").ends(); code != 0 || output != "umount" {
		t.Errorf("the next command ends with %d and prints %q", code, output)
	}
}

func TestCancelledHold(t *testing.T) {
	c := newCaller(t)
	if err := c.hold("umount", Before, "").Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code, output := c.start("gfs1", "echo umount").ends(); code != 0 || output != "umount" {
		t.Errorf("the command ends with %d and prints %q", code, output)
	}
}
