package client

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/processes"
	"glusterfs-provisioner/node/volume"
)

// ErrNotInstalled is of a node that has no GlusterFS client.
var ErrNotInstalled = errors.New("there is no GlusterFS client: mount.glusterfs is in none of " + searchPath)

// searchPath are the folders in which programs are looked for.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// killBound is how long a mount program may take to end that was killed.
const killBound = 10 * time.Second

// Options say where and how to mount.
type Options struct {
	// Namespaces are those in which the client runs, and whose programs it is.
	Namespaces *namespace.Set
	// Host tells that these are the host's: the client is then taken out of this
	// process' cgroup.
	Host bool
	// LogDir is where the clients write their logs, in those namespaces.
	LogDir string
}

// Client mounts volumes. It is safe for concurrent use, but not for different calls
// for one target.
type Client struct{ options Options }

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

// Mount mounts a volume and returns once it answers. What the client said and the
// last lines of its log are in the error. When it fails, something may be left
// mounted nevertheless.
func (c *Client) Mount(ctx context.Context, request Request) error {
	options := c.mountOptions(request)
	logFile, _ := options.Value(mountoptions.LogFile)
	source := fmt.Sprintf("%s:/%s", request.Servers[0], request.Volume.Name)

	// When the context ends, the program is killed, and that is waited for.
	waiting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	giveUp := context.AfterFunc(ctx, func() { time.AfterFunc(killBound, cancel) })
	defer giveUp()
	_, err := namespace.Do(waiting, c.options.Namespaces, func() (struct{}, error) {
		path, err := look("mount.glusterfs")
		if err != nil {
			return struct{}{}, err
		}
		if err := os.MkdirAll(filepath.Dir(logFile), 0o755); err != nil {
			return struct{}{}, fmt.Errorf("cannot make the folder of the client's log: %w", err)
		}
		log := openLog(logFile)
		before := processes.Serving(request.Target)
		arguments := []string{path, source, request.Target, "-o", options.String()}
		said, err := c.run(ctx, "GlusterFS volume "+request.Volume.Name, arguments)
		if err != nil {
			killOthers(before, request.Target)
			return struct{}{}, describe(err, said, logFile, log.lastLines())
		}
		return struct{}{}, nil
	})
	return err
}

// mountOptions returns the options of the volume, and those that it leaves open.
func (c *Client) mountOptions(request Request) mountoptions.Options {
	defaults := []mountoptions.Option{
		{Name: mountoptions.LogFile, Value: c.logFile(request.Volume)},
		{Name: mountoptions.LogLevel, Value: "ERROR"},
	}
	// A client asks servers for volumes over IPv4, or over IPv6 if told so, but not
	// over both.
	first := request.Servers[0]
	others := slices.DeleteFunc(slices.Clone(request.Servers[1:]), func(server netip.Addr) bool { return server.Is6() != first.Is6() })
	if len(others) > 0 {
		defaults = append(defaults, mountoptions.Option{Name: mountoptions.BackupServers, Value: join(others)})
	}
	if first.Is6() {
		defaults = append(defaults, mountoptions.Option{Name: mountoptions.XlatorOption, Value: "transport.address-family=inet6"})
	}
	return request.Options.WithDefaults(defaults...)
}

// logFile is the log of a volume's client. logrotate, as GlusterFS's packages set it
// up, looks after files that end so.
func (c *Client) logFile(v volume.Volume) string {
	return filepath.Join(c.options.LogDir, "csi-"+v.Cluster+"-"+v.ID+".log")
}

// join returns addresses in the form of the option backup-volfile-servers.
func join(servers []netip.Addr) string {
	texts := make([]string, len(servers))
	for i, server := range servers {
		if texts[i] = server.String(); server.Is6() {
			texts[i] = "[" + texts[i] + "]"
		}
	}
	return strings.Join(texts, ":")
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

// look finds a program in the thread's namespace.
func look(program string) (string, error) {
	for dir := range strings.SplitSeq(searchPath, ":") {
		path := filepath.Join(dir, program)
		if unix.Access(path, unix.X_OK) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w (%s)", ErrNotInstalled, program)
}
