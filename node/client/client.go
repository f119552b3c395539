package client

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/logs"
	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/processes"
	"glusterfs-provisioner/node/volume"
)

// killBound is how long a mount program may take to end that was killed.
const killBound = 10 * time.Second

// Options say where and how to mount.
type Options struct {
	// Namespaces are those in which the client runs, and whose programs it is.
	Namespaces *namespace.Set
	// Host tells that these are the host's: the client is then taken out of this
	// process' cgroup.
	Host bool
	// MountProgram is the path of mount.glusterfs in those namespaces. If it is empty,
	// the program is looked for.
	MountProgram string
	// MemoryMax is how many bytes of memory a client may have, on a host with a systemd;
	// 0 for any number.
	MemoryMax int64
	// LogDir is where the clients write their logs, in those namespaces.
	LogDir string
}

// Client mounts volumes. It is safe for concurrent use, but not for different calls
// for one target.
type Client struct {
	options  Options
	versions versions
}

// New returns a client.
func New(options Options) *Client { return &Client{options: options} }

// Request says what to mount.
type Request struct {
	Volume volume.Volume
	// Servers are asked for the volume, one after the other; at least one.
	Servers []netip.Addr
	Options mountoptions.Options
	// Target is the folder to mount on.
	Target string
}

// Mount mounts a volume and returns once it answers. The version of the client, what it
// said and the first errors of its log are in the error. When it fails, something may be
// left mounted nevertheless.
func (c *Client) Mount(ctx context.Context, request Request) error {
	// When the context ends, the program is killed, and that is waited for.
	waiting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	giveUp := context.AfterFunc(ctx, func() { time.AfterFunc(killBound, cancel) })
	defer giveUp()
	_, err := namespace.Do(waiting, c.options.Namespaces, func() (struct{}, error) { return struct{}{}, c.mount(ctx, request) })
	return err
}

// mount is called in the client's namespaces.
func (c *Client) mount(ctx context.Context, request Request) error {
	search := c.search()
	program, err := c.mountProgram(search)
	if err != nil {
		return err
	}
	version, err := c.versions.of(ctx, search)
	if err != nil {
		klog.FromContext(ctx).Error(err, "Mounting as with a client of version 10")
	}
	options := c.mountOptions(request)
	logFile, _ := options.Value(mountoptions.LogFile)
	if err := os.MkdirAll(filepath.Dir(logFile), 0o755); err != nil {
		return fmt.Errorf("cannot make the folder of the client's log: %w", err)
	}
	if err := logs.Keep(logFile); err != nil {
		return err
	}
	log := openLog(logFile)
	before := processes.Serving(request.Target)
	said, err := c.run(ctx, search, "GlusterFS volume "+request.Volume.Name,
		[]string{program, sourceOf(request, version), request.Target, "-o", options.String()})
	if err != nil {
		killOthers(before, request.Target)
		return describe(err, version, said, log)
	}
	return nil
}

// oomScoreAdj is what the processes of a node have that nobody has set it for. A client would
// have the plugin's, -997, and outlive every pod, however much it takes. With 0, the kernel
// ends it before kubelet and runtime, which have -999, but after pods of its size, which have
// more than 0 unless they are Guaranteed. See oom_score_adj in proc(5), and kubelet's policy.go.
const oomScoreAdj = "0"

// mountOptions returns the options of the volume, and those that it leaves open.
func (c *Client) mountOptions(request Request) mountoptions.Options {
	defaults := []mountoptions.Option{
		{Name: mountoptions.LogFile, Value: filepath.Join(c.options.LogDir, logs.Name(request.Volume.Cluster, request.Volume.ID))},
		{Name: mountoptions.LogLevel, Value: "ERROR"},
	}
	// In a container whose processes end together, one would take all with it.
	if c.options.Host {
		defaults = append(defaults, mountoptions.Option{Name: mountoptions.OOMScoreAdj, Value: oomScoreAdj})
	}
	if others := backupServers(request.Servers); others != "" {
		defaults = append(defaults, mountoptions.Option{Name: mountoptions.BackupServers, Value: others})
	}
	if askedOverIPv6(request.Servers) {
		defaults = append(defaults, mountoptions.Option{Name: mountoptions.XlatorOption, Value: "transport.address-family=inet6"})
	}
	return request.Options.WithDefaults(defaults...)
}

// killOthers kills the clients that were started to mount on a folder, save those that
// were there before. One whose mount has failed may otherwise wait for its servers for
// minutes.
func killOthers(before []int, target string) {
	for _, process := range processes.Serving(target) {
		if !slices.Contains(before, process) {
			_ = unix.Kill(process, unix.SIGKILL)
		}
	}
}
