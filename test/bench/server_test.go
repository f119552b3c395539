package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// notReady is a server that never gets ready.
func notReady(context.Context) error { return errors.New("no answer") }

func startScript(t *testing.T, script string) (*Process, error) {
	return StartServer(t.Context(), ProcessOptions{
		Path: "/bin/sh",
		Args: []string{"-c", script},
		Log:  filepath.Join(t.TempDir(), "log"),
	}, notReady)
}

func TestStartIsTriedAgainWhenThePortIsTaken(t *testing.T) {
	t.Parallel()
	attempts := 0
	_, err := withFreshPorts(func() (*Process, error) {
		attempts++
		return startScript(t, "echo listen tcp: bind: address already in use; exit 1")
	})
	if !errors.Is(err, errPortTaken) || attempts != startAttempts {
		t.Errorf("got error %v after %d attempts, want that the port is taken after %d", err, attempts, startAttempts)
	}
}

func TestStartIsNotTriedAgainForOtherReasons(t *testing.T) {
	t.Parallel()
	attempts := 0
	_, err := withFreshPorts(func() (*Process, error) {
		attempts++
		return startScript(t, "echo early; seq 1 20; exit 4")
	})
	if err == nil || attempts != 1 {
		t.Fatalf("got error %v after %d attempts, want one after the first", err, attempts)
	}
	for _, want := range []string{"exit code 4", "\n1\n", "\n20"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %q, want %q in it", err, want)
		}
	}
	if strings.Contains(err.Error(), "early") {
		t.Errorf("got error %q, want only the end of the log", err)
	}
}

func TestPortIsReservedUntilItIsReleased(t *testing.T) {
	t.Parallel()
	reserved, err := reservePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := tryPort(t.Context(), reserved.number); err == nil {
		t.Errorf("port %s is given twice", again)
	}
	if err := reserved.release(); err != nil {
		t.Fatal(err)
	}
	var again *port
	// A process that another test is just starting may hold the reservation, too, until
	// it runs its program.
	Eventually(t, time.Minute, func(ctx context.Context) (err error) {
		again, err = tryPort(ctx, reserved.number)
		return err
	})
	if err := again.release(); err != nil {
		t.Error(err)
	}
}

func TestPortInUseIsNotTaken(t *testing.T) {
	t.Parallel()
	port, err := reservePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", port.address())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := port.release(); err != nil {
		t.Fatal(err)
	}
	if taken, err := tryPort(t.Context(), port.number); err == nil {
		t.Error(fmt.Errorf("port %s is given although something listens on it", taken))
	}
}
