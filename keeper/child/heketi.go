package child

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"glusterfs-provisioner/keeper/tokens"
)

const (
	// startBound is how long heketi may take until it answers.
	startBound = time.Minute
	// startPoll is how often it is asked meanwhile.
	startPoll = 50 * time.Millisecond
	// endBound is how long it may take to end before it is killed. It has no operations then.
	endBound = 10 * time.Second
	// logBound is how long a command of heketi that outlives it may hold its log open.
	logBound = time.Second
)

// Options say what heketi to start.
type Options struct {
	// Program is the path of heketi.
	Program string
	// ConfigFile is the administrator's configuration.
	ConfigFile string
	// Dir is a folder for heketi's database and configuration.
	Dir string
	// Port is where it listens.
	Port int
}

func (o Options) databaseFile() string { return filepath.Join(o.Dir, "heketi.db") }
func (o Options) configFile() string   { return filepath.Join(o.Dir, "heketi.json") }

// Heketi is a heketi that was started. It is safe for concurrent use.
type Heketi struct {
	url     *url.URL
	keys    map[string]key
	client  *http.Client
	command *exec.Cmd
	log     *log
	// ended is closed when the process has ended, after outcome was set.
	ended   chan struct{}
	outcome error
}

// newKeys are keys that nobody else has.
func newKeys() map[string]key {
	return map[string]key{tokens.Admin: {rand.Text()}, tokens.User: {rand.Text()}}
}

// Start starts heketi on the database that is in its folder, and waits until it answers. It ends with
// this process, however that ends.
func Start(ctx context.Context, options Options) (*Heketi, error) {
	h := &Heketi{
		url:    &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(options.Port))},
		keys:   newKeys(),
		log:    &log{to: os.Stdout},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}},
		ended:  make(chan struct{}),
	}
	text, err := options.configuration(h.keys)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(options.configFile(), text, 0o600); err != nil {
		return nil, fmt.Errorf("cannot write heketi's configuration: %w", err)
	}
	// It outlives the start, which the context bounds.
	h.command = exec.CommandContext(context.WithoutCancel(ctx), options.Program, "--config="+options.configFile())
	h.command.Env = environment(os.Environ())
	h.command.Stdout, h.command.Stderr, h.command.WaitDelay = h.log, h.log, logBound
	// In a group of its own, it does not get a terminal's Ctrl-C: the keeper ends it.
	h.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error)
	go h.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("--heketi=%s: cannot start it: %w", options.Program, err)
	}
	err = h.awaitAnswer(ctx)
	if err == nil {
		err = options.checkLocked()
	}
	if err != nil {
		h.Kill()
		return nil, err
	}
	return h, nil
}

// run starts the process and waits for its end, on one thread of the system: the kernel sends
// Pdeathsig when the thread ends that has started the process, and Go ends threads as it sees fit.
func (h *Heketi) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := h.command.Start()
	started <- err
	if err != nil {
		return
	}
	h.outcome = h.command.Wait()
	h.log.flush()
	close(h.ended)
}

// awaitAnswer waits until heketi answers.
func (h *Heketi) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	for {
		// With its keys, so that it is no other server which has the port.
		_, err := h.InFlight(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-h.ended:
			return fmt.Errorf("heketi does not start: %w; its log says why", h.Outcome())
		case <-ctx.Done():
			return fmt.Errorf("heketi does not answer: %w", err)
		case <-time.After(startPoll):
		}
	}
}

// Ended is closed when heketi has ended.
func (h *Heketi) Ended() <-chan struct{} { return h.ended }

// Outcome returns how heketi has ended.
func (h *Heketi) Outcome() error {
	<-h.ended
	if h.outcome == nil {
		return errors.New("heketi has ended by itself")
	}
	return fmt.Errorf("heketi has ended: %w", h.outcome)
}

// Stop ends heketi. It breaks off what heketi is doing.
func (h *Heketi) Stop() {
	_ = h.command.Process.Signal(syscall.SIGTERM) // It may have ended.
	select {
	case <-h.ended:
	case <-time.After(endBound):
	}
	h.Kill()
}

// Kill ends heketi at once.
func (h *Heketi) Kill() {
	_ = h.command.Process.Kill() // It may have ended.
	<-h.ended
	h.client.CloseIdleConnections()
}
