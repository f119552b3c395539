package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
)

// Heketi's topology when the options do not say otherwise.
const (
	defaultClusters       = 1
	defaultNodes          = 3
	defaultDevicesPerNode = 4
)

// HeketiOptions say what heketi to start. The zero value is a good one: without
// authentication, over HTTP, with one cluster of three nodes.
type HeketiOptions struct {
	// Root is a folder in the repository. The default is the working directory.
	Root string
	// Auth is whether a key is needed, see AdminKey.
	Auth bool
	// TLS is whether it serves HTTPS, see CA.
	TLS bool
	// CertificateLife is how long the certificate counts, with TLS. The default is a year.
	CertificateLife time.Duration
	// MaxInFlight is how many operations heketi takes at once before it answers
	// 429. The default is heketi's own, 8.
	MaxInFlight int
	// Faults are what goes wrong on the nodes. The default is nothing.
	Faults []Fault
	// Settings are further settings of heketi's "glusterfs" section, by name.
	Settings map[string]any
	// Address is where heketi is reached. The default is 127.0.0.1, which pods
	// cannot reach.
	Address string

	// Clusters, NodesPerCluster and DevicesPerNode are the topology. The defaults
	// are 1, 3 and 4. A device has 500 GiB.
	Clusters, NodesPerCluster, DevicesPerNode int
	// TopologyFile is a file of real nodes, which is loaded by heketi-cli instead.
	TopologyFile string
	// StorageHosts are the nodes' storage addresses, cluster after cluster. The
	// default is 192.168.10.1 and following for the first cluster's nodes,
	// 192.168.11.1 for the second's, and so on.
	StorageHosts []string

	// LogDir is where the log goes. By default it is removed with heketi.
	LogDir string
	// Log tells what is being built. The default is the standard error.
	Log io.Writer
}

// Heketi is a heketi server. It is safe for concurrent use.
type Heketi struct {
	options  HeketiOptions
	binaries HeketiBinaries
	dir      string
	logDir   string
	port     *port
	// adminKey and userKey are always set, but only heeded with Auth.
	adminKey, userKey string
	// authority is nil without TLS.
	authority *authority
	transport *http.Transport
	client    *gcli.Client
	clusters  []string

	mu      sync.Mutex
	process *Process
}

// StartHeketi starts heketi and loads its topology. The first time, it builds
// heketi.
func StartHeketi(ctx context.Context, options HeketiOptions) (*Heketi, error) {
	options = options.withDefaults()
	if nodes := options.Clusters * options.NodesPerCluster; len(options.StorageHosts) != 0 && len(options.StorageHosts) != nodes {
		return nil, fmt.Errorf("there are %d storage hosts for %d nodes", len(options.StorageHosts), nodes)
	}
	binaries, err := BuildHeketi(ctx, options.Root, options.Log)
	if err != nil {
		return nil, err
	}
	return withFreshPorts(func() (*Heketi, error) {
		dir, logDir, err := folders(options.LogDir)
		if err != nil {
			return nil, err
		}
		h := &Heketi{options: options, binaries: binaries, dir: dir, logDir: logDir}
		if err := h.setUp(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("cannot start heketi: %w", err), h.Stop())
		}
		return h, nil
	})
}

func (o HeketiOptions) withDefaults() HeketiOptions {
	if o.Clusters == 0 {
		o.Clusters = defaultClusters
	}
	if o.NodesPerCluster == 0 {
		o.NodesPerCluster = defaultNodes
	}
	if o.DevicesPerNode == 0 {
		o.DevicesPerNode = defaultDevicesPerNode
	}
	if o.Address == "" {
		o.Address = loopback
	}
	if o.CertificateLife == 0 {
		o.CertificateLife = certificateLife
	}
	if o.Log == nil {
		o.Log = os.Stderr
	}
	return o
}

func (h *Heketi) setUp(ctx context.Context) (err error) {
	h.adminKey, h.userKey = rand.Text(), rand.Text()
	if h.port, err = reservePort(ctx); err != nil {
		return err
	}
	if err := h.writeConfig(); err != nil {
		return err
	}
	if err := h.makeClient(); err != nil {
		return err
	}
	if err := h.Start(ctx); err != nil {
		return err
	}
	return h.loadTopology(ctx)
}

// Start starts heketi after Kill or a crash, at the same address and with the same
// volumes.
func (h *Heketi) Start(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	// One that crashes may still be about to end.
	if err := h.kill(); err != nil {
		return err
	}
	// On a connection to a heketi that is gone, the first request would fail.
	h.transport.CloseIdleConnections()
	args := []string{"--config=" + h.ConfigFile()}
	if !h.options.Auth {
		args = append(args, "--disable-auth")
	}
	process, err := StartServer(ctx, ProcessOptions{
		Path: h.binaries.Server,
		Args: args,
		Env:  serverEnvironment(h.dir),
		Log:  h.ServerLog(),
	}, func(ctx context.Context) error {
		return answers(ctx, &http.Client{Transport: h.transport}, h.URL()+"/hello")
	})
	if err != nil {
		return err
	}
	h.process = process
	return nil
}

// PID is the id of heketi's process, which has been started.
func (h *Heketi) PID() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.process.PID()
}

// Kill ends heketi at once, as a crash would.
func (h *Heketi) Kill() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.kill()
}

func (h *Heketi) kill() error {
	if h.process == nil {
		return nil
	}
	if err := h.process.Kill(); err != nil {
		return fmt.Errorf("cannot kill heketi: %w", err)
	}
	return nil
}

// Stop ends heketi and removes its folder. Stopping again does nothing.
func (h *Heketi) Stop() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := stopProcess(&h.process)
	if h.transport != nil {
		h.transport.CloseIdleConnections()
	}
	err = errors.Join(err, h.port.release(), os.RemoveAll(h.dir))
	h.port = nil
	if err != nil {
		return fmt.Errorf("cannot stop heketi: %w", err)
	}
	return nil
}

// Clusters are the ids of heketi's clusters, in the order of the options.
func (h *Heketi) Clusters() []string { return slices.Clone(h.clusters) }

// ServerLog is the path of heketi's log.
func (h *Heketi) ServerLog() string { return filepath.Join(h.logDir, "heketi.log") }

// CLI runs heketi-cli as the admin and returns its standard output.
func (h *Heketi) CLI(ctx context.Context, args ...string) ([]byte, error) {
	environment := append(serverEnvironment(h.dir),
		"HEKETI_CLI_SERVER="+h.URL(), "HEKETI_CLI_USER="+adminUser, "HEKETI_CLI_KEY="+h.adminKey)
	if h.options.TLS {
		args = append([]string{"--tls-cert=" + h.certificateFile(authorityFile)}, args...)
	}
	return Run(ctx, environment, h.binaries.CLI, args...)
}
