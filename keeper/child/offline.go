package child

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// offlinePrefix begins the names of the folders that databases are copied into.
const offlinePrefix = "offline-"

// Offline is a copy of a database, which heketi reads without serving it. Whatever is done with it, and
// whenever that is broken off, heketi's own database stays as it is.
type Offline struct {
	// options are those of heketi, with the copy's folder.
	options Options
	// keys are those without which heketi refuses its configuration.
	keys map[string]key
}

// Offline copies a database. It removes copies that a process has left which was killed. heketi does not run.
func (o Options) Offline(data []byte) (*Offline, error) {
	left, err := filepath.Glob(filepath.Join(o.Dir, offlinePrefix+"*"))
	if err != nil {
		return nil, err
	}
	for _, folder := range left {
		if err := os.RemoveAll(folder); err != nil {
			return nil, err
		}
	}
	copied := &Offline{options: o, keys: newKeys()}
	if copied.options.Dir, err = os.MkdirTemp(o.Dir, offlinePrefix); err != nil {
		return nil, err
	}
	if err := os.WriteFile(copied.options.databaseFile(), data, 0o600); err != nil {
		copied.Close()
		return nil, err
	}
	return copied, nil
}

// MakeDatabase has heketi make a database of a text, the JSON that "heketi db export" writes, and returns it. Nothing
// that is in heketi's folder changes.
func (o Options) MakeDatabase(ctx context.Context, text []byte) ([]byte, error) {
	empty, err := o.Offline(nil)
	if err != nil {
		return nil, err
	}
	defer empty.Close()
	return empty.Import(ctx, text)
}

// Close removes the copy.
func (f *Offline) Close() { _ = os.RemoveAll(f.options.Dir) }

// Export returns the database in JSON.
func (f *Offline) Export(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	file := filepath.Join(f.options.Dir, "exported.json")
	defer os.Remove(file)
	if _, err := f.run(ctx, "db", "export", "--dbfile="+f.options.databaseFile(), "--jsonfile="+file); err != nil {
		return nil, fmt.Errorf("heketi cannot read the database: %w", err)
	}
	return os.ReadFile(file)
}

// Import returns the database that heketi makes of JSON.
func (f *Offline) Import(ctx context.Context, text []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	file, made := filepath.Join(f.options.Dir, "imported.json"), filepath.Join(f.options.Dir, "imported.db")
	defer os.Remove(made)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	if _, err := f.run(ctx, "db", "import", "--jsonfile="+file, "--dbfile="+made); err != nil {
		return nil, fmt.Errorf("heketi cannot make a database of it: %w", err)
	}
	return os.ReadFile(made)
}

// Examine has heketi ask the storage hosts what they have, and returns what it prints. That takes as long as
// it asks a host that hangs.
func (f *Offline) Examine(ctx context.Context) ([]byte, error) {
	text, err := f.options.configuration(f.keys)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(f.options.configFile(), text, 0o600); err != nil {
		return nil, err
	}
	printed, err := f.run(ctx, "offline", "state", "examine", "gluster", "--config="+f.options.configFile())
	if err != nil {
		return nil, fmt.Errorf("heketi cannot examine gluster: %w", err)
	}
	return printed, nil
}

// run runs a command of heketi, which ends with this process, and returns what it prints.
func (f *Offline) run(ctx context.Context, arguments ...string) ([]byte, error) {
	// The kernel sends Pdeathsig when the thread ends that has started the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var printed, complaints bytes.Buffer
	command := exec.CommandContext(ctx, f.options.Program, arguments...)
	command.Env = environment(os.Environ())
	command.Stdout, command.Stderr = &printed, &complaints
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("--heketi=%s: cannot start it: %w", f.options.Program, err)
	}
	if err := command.Wait(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("%w: %.500s", err, complaints.Bytes())
	}
	return printed.Bytes(), nil
}
