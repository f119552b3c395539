package questions

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain also is the process that asks.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{Argument}) {
		os.Exit(Serve())
	}
	os.Exit(m.Run())
}

// starts notes the processes that are started.
type starts struct {
	mu       sync.Mutex
	commands []*exec.Cmd
}

func (s *starts) start(_ context.Context, command *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, command)
	return command.Start()
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), path)
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func TestAnswers(t *testing.T) {
	var s starts
	asker := New(s.start)
	t.Cleanup(asker.Close)
	root := open(t, t.TempDir())
	var asking sync.WaitGroup
	for i := range 50 {
		asking.Go(func() {
			answer, err := asker.Ask(t.Context(), Question{Look, uint32(i)}, root)
			if err != nil || answer.Errno != 0 {
				t.Errorf("the answer is %v, %v", answer, err)
			}
		})
	}
	asking.Wait()
	answer, err := asker.Ask(t.Context(), Question{Size, 1}, root)
	if err != nil || answer.Errno != 0 || answer.Usage.Bytes < answer.Usage.BytesAvailable || answer.Usage.BytesAvailable <= 0 {
		t.Errorf("the answer is %v, %v", answer, err)
	}
	if answer, err := asker.Ask(t.Context(), Question{0, 1}, root); err != nil || answer.Errno != unix.EINVAL {
		t.Errorf("the answer to no question is %v, %v", answer, err)
	}
	if pending := asker.Pending(); pending != 0 || len(s.commands) != 1 {
		t.Errorf("%d questions have no answer, %d processes were started", pending, len(s.commands))
	}
}

// TestProcessIsKilled kills the process that asks. The next question starts another.
func TestProcessIsKilled(t *testing.T) {
	var s starts
	asker := New(s.start)
	t.Cleanup(asker.Close)
	root := open(t, t.TempDir())
	ask := func() error {
		_, err := asker.Ask(t.Context(), Question{Look, 1}, root)
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	if err := s.commands[0].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// That it has ended may show only when it is asked.
	var err error
	for range 3 {
		if err = ask(); err == nil {
			break
		}
		if !errors.Is(err, ErrProcessEnded) {
			t.Errorf("error is %v", err)
		}
	}
	if err != nil || len(s.commands) != 2 {
		t.Errorf("after %d processes, the error is %v", len(s.commands), err)
	}
}

// TestProcessEndsWithItsParent closes the asker, as the end of this process does.
func TestProcessEndsWithItsParent(t *testing.T) {
	var s starts
	ended := make(chan struct{})
	asker := New(func(ctx context.Context, command *exec.Cmd) error {
		reader, writer, err := os.Pipe()
		if err != nil {
			return err
		}
		defer writer.Close()
		// The end of the process closes what it has open.
		command.ExtraFiles = append(command.ExtraFiles, writer)
		go func() {
			defer close(ended)
			defer reader.Close()
			_, _ = reader.Read(make([]byte, 1))
		}()
		return s.start(ctx, command)
	})
	if _, err := asker.Ask(t.Context(), Question{Look, 1}, open(t, t.TempDir())); err != nil {
		t.Fatal(err)
	}
	asker.Close()
	<-ended
}

func TestProcessThatCannotStart(t *testing.T) {
	refused := errors.New("refused")
	asker := New(func(context.Context, *exec.Cmd) error { return refused })
	if _, err := asker.Ask(t.Context(), Question{Look, 1}, open(t, t.TempDir())); !errors.Is(err, refused) {
		t.Errorf("error is %v", err)
	}
}
