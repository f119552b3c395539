package bench

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// buildBound is how long a module may take to build, or to be built by another
// process: Kubernetes takes five minutes on two cores.
const buildBound = time.Hour

// module is a Go module of the repository besides its main one, and programs that are
// built from it, from packages of its dependencies.
type module struct {
	name string
	// folder is where it is; test/modules/NAME if it is empty.
	folder string
	// set names the programs. Each set is built when it is needed.
	set string
	// output is where the programs go, below bin/bench.
	output   string
	ldflags  string
	tags     string
	commands []command
}

// command is a program. One whose name ends in testSuffix is a package's tests.
type command struct {
	name, pkg string
}

// testSuffix is what the go command ends the names of programs with that are tests.
const testSuffix = ".test"

// build builds the module's programs unless they are current, and returns their
// folder. The repository is found from the given folder upwards.
func (m module) build(ctx context.Context, from string, log io.Writer) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, buildBound)
	defer cancel()
	root, err := Root(from)
	if err != nil {
		return "", err
	}
	source := filepath.Join(root, cmp.Or(m.folder, filepath.Join("test", "modules", m.name)))
	target := filepath.Join(root, "bin", "bench", m.output)
	if err := m.buildInto(ctx, source, target, log); err != nil {
		return "", fmt.Errorf("cannot build %s for the bench: %w", m.name, err)
	}
	return target, nil
}

func (m module) buildInto(ctx context.Context, source, target string, log io.Writer) (err error) {
	fingerprint, err := m.fingerprint(ctx, source)
	if err != nil {
		return err
	}
	stamp := filepath.Join(target, m.set+".stamp")
	if m.current(target, stamp, fingerprint) {
		return nil
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	unlock, err := lockFile(ctx, filepath.Join(target, m.set+".lock"), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	// Another process may have built it meanwhile.
	if m.current(target, stamp, fingerprint) {
		return nil
	}
	// Without its stamp, a build that is broken off counts as none.
	if err := os.Remove(stamp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, command := range m.commands {
		fmt.Fprintf(log, "bench: building %s (%s); the first time takes minutes\n", command.name, m.name)
		if err := m.compile(ctx, command, source, filepath.Join(target, command.name)); err != nil {
			return err
		}
	}
	return os.WriteFile(stamp, []byte(fingerprint), 0o644)
}

// compile builds one program. It replaces the former one in one step, so that
// another bench can go on starting it.
func (m module) compile(ctx context.Context, command command, source, path string) error {
	verb := []string{"build"}
	if strings.HasSuffix(command.name, testSuffix) {
		// They are not ours to vet, which takes as long as to build them.
		verb = []string{"test", "-c", "-vet=off"}
	}
	args := slices.Concat([]string{"-C", source}, verb, []string{
		"-trimpath", "-buildvcs=false", "-tags", m.tags, "-ldflags", "-s -w " + m.ldflags, "-o", path + ".new", command.pkg,
	})
	_, err := Run(ctx, goEnvironment(), "go", args...)
	if err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// current tells whether the programs are there and were built from the same.
func (m module) current(target, stamp, fingerprint string) bool {
	for _, command := range m.commands {
		if _, err := os.Stat(filepath.Join(target, command.name)); err != nil {
			return false
		}
	}
	was, err := os.ReadFile(stamp)
	return err == nil && string(was) == fingerprint
}

// fingerprint changes with all that goes into the programs: the module's files,
// which pin the dependencies, what is built and how, and with which Go.
func (m module) fingerprint(ctx context.Context, source string) (string, error) {
	compiler, err := Run(ctx, goEnvironment(), "go", "-C", source, "env", "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %q %q\n", bytes.TrimSpace(compiler), m.ldflags, m.commands)
	if m.tags != "" {
		fmt.Fprintf(sum, "%q\n", m.tags)
	}
	folder := os.DirFS(source)
	err = fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(folder, path)
		fmt.Fprintf(sum, "%q %x\n", path, sha256.Sum256(text))
		return err
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x\n", sum.Sum(nil)), nil
}

func goEnvironment() []string {
	return append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
}
