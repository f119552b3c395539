package gluster

import (
	"context"
	_ "embed" // for hold.sh
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"glusterfs-provisioner/test/bench"
)

//go:embed hold.sh
var holdScript []byte

// verdictBound is how long a held command may take to hear what becomes of it.
const verdictBound = 10 * time.Second

// Moment is when a command is held.
type Moment string

// Before holds a command that has done nothing yet; After one that has ended, but whose
// end, and what it printed, nobody knows.
const (
	Before Moment = "before"
	After  Moment = "after"
)

// HoldOptions say which command is held.
type HoldOptions struct {
	// Command is a pattern of the shell's that the command has to have in it, such as
	// "volume add-brick" or "lvremove*tp_". Without special characters, save * and ?.
	Command string
	Moment  Moment
	// Host is the one on which it is held. The default is all: the first command that
	// matches is held, wherever it comes up.
	Host *Host
}

// Hold is a command that is held on a host, or will be: the next one that heketi, or
// Host.Run, has a host run over ssh, and that matches. It is held once; all others run
// as they come.
//
// What was held goes on when a test says so, even if heketi is gone by then, as a
// command does that is under way on a machine when its caller is killed. With its host
// switched off, it is gone, too.
type Hold struct {
	// wanted is its folder until a command is held, held the one after that.
	wanted, held string
	what         string
}

// Hold has a command held. Without a hold, the hosts run everything at once.
func (h *Hosts) Hold(options HoldOptions) (*Hold, error) {
	host := ""
	if options.Host != nil {
		host = options.Host.name
	}
	return newHold(h.holds(), host, options)
}

// holds is the folder of what is held, which all hosts see.
func (h *Hosts) holds() string { return h.file("holds") }

func newHold(holds, host string, options HoldOptions) (*Hold, error) {
	// Hidden from the hosts until it is complete.
	folder, err := os.MkdirTemp(holds, ".new-")
	if err != nil {
		return nil, fmt.Errorf("cannot hold a command: %w", err)
	}
	name := strings.TrimPrefix(filepath.Base(folder), ".new-")
	hold := &Hold{
		wanted: filepath.Join(holds, name), held: filepath.Join(holds, "."+name),
		what: fmt.Sprintf("%s %q", options.Moment, options.Command),
	}
	err = errors.Join(
		writeLine(folder, "pattern", "*"+quoteForCase(options.Command)+"*"),
		writeLine(folder, "moment", string(options.Moment)),
		writeLine(folder, "host", host),
		syscall.Mkfifo(filepath.Join(folder, "verdict"), 0o600),
		os.Rename(folder, hold.wanted),
	)
	if err != nil {
		return nil, fmt.Errorf("cannot hold a command: %w", err)
	}
	return hold, nil
}

func writeLine(folder, name, line string) error {
	return os.WriteFile(filepath.Join(folder, name), []byte(line+"\n"), 0o600)
}

// quoteForCase has the shell take all but * and ? for what it is.
func quoteForCase(pattern string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(pattern)
}

// String tells the moment and the command.
func (h *Hold) String() string { return h.what }

// Reached waits until a command is held, for so long, and returns the name of its host.
func (h *Hold) Reached(ctx context.Context, bound time.Duration) (host string, err error) {
	err = bench.Until(ctx, bound, func(context.Context) error {
		text, err := os.ReadFile(filepath.Join(h.held, "reached"))
		host = strings.TrimSpace(string(text))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("no host has come to %s", h)
		}
		return err
	})
	return host, err
}

// Release has the command go on: it runs if it was held before that, and it ends, with
// what it printed, if it was held after.
func (h *Hold) Release(ctx context.Context) error { return h.say(ctx, "go") }

// Drop has the command fail: it never runs if it was held before that, and what it
// printed is lost if it was held after.
func (h *Hold) Drop(ctx context.Context) error { return h.say(ctx, "drop") }

// say tells the command what becomes of it.
func (h *Hold) say(ctx context.Context, verdict string) error {
	err := bench.Until(ctx, verdictBound, func(context.Context) error {
		// Without a reader, which is about to come or gone with its host, this is an error.
		pipe, err := os.OpenFile(filepath.Join(h.held, "verdict"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(pipe, verdict)
		return errors.Join(err, pipe.Close(), writeLine(h.held, "decided", verdict))
	})
	if err != nil {
		return fmt.Errorf("cannot say %q to what is held %s: %w", verdict, h, err)
	}
	return nil
}

// Cancel holds nothing any more. A command that is held goes on; one that is gone with
// its host, or that a test has decided on, is no error.
func (h *Hold) Cancel(ctx context.Context) error {
	err := os.Rename(h.wanted, h.held)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(filepath.Join(h.held, "decided")); err == nil {
		return nil
	}
	if h.Release(ctx) != nil {
		return ctx.Err()
	}
	return nil
}
