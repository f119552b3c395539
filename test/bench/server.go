package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	// startBound is how long a server may take to be ready.
	startBound = 2 * time.Minute
	// readyCallBound is how long one question whether a server is ready may take.
	readyCallBound = 5 * time.Second
	// startAttempts is how often a start is tried when somebody took the port
	// between its choice and its use.
	startAttempts = 3
	// logLines is how much of a server's log an error carries.
	logLines = 20
)

// errPortTaken is that somebody else listens on the port that a server was given.
var errPortTaken = errors.New("its port is taken")

// withFreshPorts starts something that chooses its own ports, again if they were
// taken meanwhile.
func withFreshPorts[T any](start func() (T, error)) (T, error) {
	for attempt := 1; ; attempt++ {
		started, err := start()
		if attempt == startAttempts || !errors.Is(err, errPortTaken) {
			return started, err
		}
	}
}

// StartServer starts a program and waits until it is ready, that is, until ready
// returns nil, which is asked for as long as the program runs, for up to two
// minutes.
func StartServer(ctx context.Context, options ProcessOptions, ready func(context.Context) error) (*Process, error) {
	process, err := StartProcess(ctx, options)
	if err != nil {
		return nil, err
	}
	err = Until(ctx, startBound, func(ctx context.Context) error {
		if !process.running() {
			return Final(endedEarly(ctx, process))
		}
		ctx, cancel := context.WithTimeout(ctx, readyCallBound)
		defer cancel()
		return ready(ctx)
	})
	if err != nil {
		err = errors.Join(err, process.Kill())
		return nil, fmt.Errorf("%s does not get ready: %w; the end of its log:\n%s", process, err, lastLines(process.Output()))
	}
	return process, nil
}

func endedEarly(ctx context.Context, process *Process) error {
	code, err := process.Wait(ctx)
	if err != nil {
		return err
	}
	// Neither etcd nor Kubernetes nor heketi has an exit code for this.
	if strings.Contains(process.Output(), "address already in use") {
		return errPortTaken
	}
	return fmt.Errorf("it ended with exit code %d", code)
}

// serverEnvironment is the environment of the bench's own servers: only a home.
// etcd and heketi would take settings from whatever else is set.
func serverEnvironment(home string) []string {
	return []string{"HOME=" + home}
}

// answers checks that a GET of the URL is answered with 200.
func answers(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s answers %s", url, response.Status)
	}
	return nil
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-logLines):], "\n")
}

// folders makes a temporary folder, and the log folder in it if no other is
// wanted.
func folders(logDir string) (dir, logs string, err error) {
	dir, err = os.MkdirTemp("", "glusterfs-provisioner-bench-")
	if err != nil {
		return "", "", fmt.Errorf("cannot make a temporary folder: %w", err)
	}
	if logDir == "" {
		logDir = dir
	}
	if err := os.MkdirAll(logDir, 0o700); err != nil {
		return "", "", errors.Join(fmt.Errorf("cannot make the log folder: %w", err), os.RemoveAll(dir))
	}
	return dir, logDir, nil
}
