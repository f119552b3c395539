package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModuleIsBuiltOnlyWhenItChanged(t *testing.T) {
	t.Parallel()
	source, target := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(source, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example\n\ngo 1.26.0\n")
	write("main.go", "package main\n\nvar word string\n\nfunc main() { println(word) }\n")
	hello := module{name: "example", set: "greetings", ldflags: "-X main.word=hello", commands: []command{{"greet", "."}}}

	builds := func(m module) bool {
		t.Helper()
		var log bytes.Buffer
		if err := m.buildInto(t.Context(), source, target, &log); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(log.String(), "building greet")
	}
	if !builds(hello) {
		t.Error("it was not built the first time")
	}
	if builds(hello) {
		t.Error("it was built again without a change")
	}
	write("more.go", "package main\n")
	if !builds(hello) {
		t.Error("it was not built after a change of its files")
	}
	goodbye := hello
	goodbye.ldflags = "-X main.word=goodbye"
	if !builds(goodbye) {
		t.Error("it was not built after a change of the linker flags")
	}
	said, err := os.ReadFile(filepath.Join(target, "greet"))
	if err != nil || !bytes.Contains(said, []byte("goodbye")) {
		t.Errorf("the program does not have the linker flags in it, error %v", err)
	}
	write("more.go", "package nonsense\n")
	if err := goodbye.buildInto(t.Context(), source, target, t.Output()); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got error %v, want what the compiler says", err)
	}
}

// TestTestsAreBuilt builds a package's tests as a program.
func TestTestsAreBuilt(t *testing.T) {
	t.Parallel()
	source, target := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"go.mod":        "module example\n\ngo 1.26.0\n",
		"greet_test.go": "package greet\n\nimport \"testing\"\n\nfunc TestGreets(t *testing.T) { t.Log(\"hello\") }\n",
	} {
		if err := os.WriteFile(filepath.Join(source, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := module{name: "example", set: "tests", commands: []command{{"greet" + testSuffix, "."}}}
	if err := tests.buildInto(t.Context(), source, target, t.Output()); err != nil {
		t.Fatal(err)
	}
	output, err := Run(t.Context(), nil, filepath.Join(target, "greet.test"), "-test.v")
	if err != nil || !bytes.Contains(output, []byte("--- PASS: TestGreets")) {
		t.Errorf("the tests say %q, error %v", output, err)
	}
}

func TestUnknownVersionIsRefused(t *testing.T) {
	t.Parallel()
	_, err := BuildCluster(t.Context(), "", "1.9.0", t.Output())
	if err == nil || !strings.Contains(err.Error(), `"1.9.0"`) || !strings.Contains(err.Error(), string(OldestKubernetes)) {
		t.Errorf("got error %v, want the version and those that there are", err)
	}
}

func TestLockIsHeldByOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	var log bytes.Buffer
	unlock, err := lockFile(t.Context(), path, &log)
	if err != nil {
		t.Fatal(err)
	}
	waiting := &notice{noticed: make(chan struct{})}
	second := make(chan error)
	go func() {
		unlock, err := lockFile(t.Context(), path, waiting)
		if err == nil {
			err = unlock()
		}
		second <- err
	}()
	select {
	case err := <-second:
		t.Errorf("the lock was given twice, error %v", err)
	case <-waiting.noticed:
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		if err := <-second; err != nil {
			t.Error(err)
		}
	}
	if log.Len() > 0 {
		t.Errorf("the first did not have to wait, but says %q", log.String())
	}
}

// notice is a log that tells when something is written.
type notice struct{ noticed chan struct{} }

func (n *notice) Write(text []byte) (int, error) {
	close(n.noticed)
	return len(text), nil
}

func TestRootIsFoundUpwards(t *testing.T) {
	t.Parallel()
	root, err := Root("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "test", "bench", "doc.go")); err != nil {
		t.Error(err)
	}
	// The modules of the bench are no roots, although they have a go.mod.
	if again, err := Root(filepath.Join(root, "test", "modules", "etcd")); err != nil || again != root {
		t.Errorf("got %q, error %v, want %q", again, err, root)
	}
	if found, err := Root(t.TempDir()); err == nil {
		t.Errorf("outside of the repository, %q is found", found)
	}
}
