package leftovers

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/connections"
	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/processes"
)

// Options are what leftovers are found by, and what is done about them.
type Options struct {
	// Namespaces are those of the clients' mounts.
	Namespaces *namespace.Set
	Mounts     *mount.Mounts
	// Connections are the kernel's; nil if they cannot be looked at. Then nothing is
	// waited for or aborted.
	Connections *connections.Connections
	// Folder is where all that is looked after was mounted.
	Folder string
	// AbortAfter is for how long a client may go on that no mount of any process has;
	// 0 for as long as it likes.
	AbortAfter time.Duration
}

// Leftovers are the clients that serve no mount of the node. It is safe for concurrent
// use.
type Leftovers struct {
	Options
	mu    sync.Mutex
	known map[connections.Connection]leftover
	// awaited are those whose end is waited for.
	awaited map[connections.Connection]bool
}

// leftover is a client without a mount.
type leftover struct {
	// volume and target are what GlusterFS calls the volume, and where it was mounted.
	volume, target string
	since          time.Time
	// clients are its processes, as far as they can be told from others.
	clients []processes.ID
	aborted bool
}

// New returns the leftovers of a node.
func New(options Options) *Leftovers {
	return &Leftovers{Options: options, known: map[connections.Connection]leftover{}, awaited: map[connections.Connection]bool{}}
}

// Served are mounts and their connections to the clients that serve them.
type Served map[connections.Connection]mount.Mount

// Of returns the connections of mounts. It has to be called before they are unmounted.
func (l *Leftovers) Of(mounts []mount.Mount) Served {
	served := Served{}
	if l.Connections == nil {
		return served
	}
	for _, one := range mounts {
		connection, there, err := l.Connections.Find(one.Connection)
		if err != nil {
			klog.ErrorS(err, "Cannot see whether the client of a volume ends", "volume", one.Volume(), "path", one.Path)
		}
		if there {
			served[connection] = one
		}
	}
	return served
}

// endPoll is how often it is looked whether clients have ended.
const endPoll = 20 * time.Millisecond

// Await waits until the clients of mounts have ended, which were unmounted, or the context
// ends. Those that go on are told in the log and remembered.
func (l *Leftovers) Await(ctx context.Context, served Served) {
	l.mark(served, true)
	defer l.mark(served, false)
	l.keep(context.WithoutCancel(ctx), l.await(ctx, served))
}

// mark notes whether clients are waited for by whoever has unmounted what they served, and
// knows best what that was.
func (l *Leftovers) mark(served Served, awaited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for connection := range served {
		if awaited {
			l.awaited[connection] = true
		} else {
			delete(l.awaited, connection)
		}
	}
}

// await waits until clients have ended or the context ends, and returns those that go on.
func (l *Leftovers) await(ctx context.Context, served Served) Served {
	poll := time.NewTicker(endPoll)
	defer poll.Stop()
	for {
		left, err := l.without(context.WithoutCancel(ctx), served)
		if err != nil {
			klog.ErrorS(err, "Cannot see whether the clients of unmounted volumes end")
			return nil
		}
		if len(left) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return left
		case <-poll.C:
		}
	}
}

// without returns what of connections is still there and has no mount of the node.
func (l *Leftovers) without(ctx context.Context, served Served) (Served, error) {
	mounted, err := l.mounted(ctx)
	if err != nil {
		return nil, err
	}
	left := Served{}
	for connection, one := range served {
		there, err := l.Connections.IsThere(connection)
		if err != nil {
			return nil, err
		}
		if there && !mounted[connection.Number] {
			left[connection] = one
		}
	}
	return left, nil
}

// mounted are the connections that have a mount of the node.
func (l *Leftovers) mounted(ctx context.Context) (map[uint32]bool, error) {
	mounts, err := l.Mounts.Everywhere(ctx)
	if err != nil {
		return nil, err
	}
	mounted := map[uint32]bool{}
	for _, one := range mounts {
		mounted[one.Connection] = true
	}
	return mounted, nil
}

// keep remembers leftovers, and tells of those that are new.
func (l *Leftovers) keep(ctx context.Context, left Served) {
	if len(left) == 0 {
		return
	}
	clients, err := namespace.Do(ctx, l.Namespaces, processes.Clients)
	if err != nil {
		klog.ErrorS(err, "Cannot find the clients of unmounted volumes")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for connection, one := range left {
		if _, known := l.known[connection]; known {
			continue
		}
		new := leftover{volume: one.Volume(), target: one.Path, since: time.Now()}
		for _, client := range clients {
			if client.Connection == connection.Number || client.Connection == 0 && client.Target == one.Path {
				new.clients = append(new.clients, client.ID)
				l.Mounts.GiveUp(client)
			}
		}
		l.known[connection] = new
		l.tell(ctx, connection, new)
	}
}

// tell says who uses a volume that is unmounted, as far as that can be seen.
func (l *Leftovers) tell(ctx context.Context, connection connections.Connection, one leftover) {
	holders, err := l.holders(ctx, connection)
	waiting, waitingErr := l.Connections.Waiting(connection)
	if err := errors.Join(err, waitingErr); err != nil {
		klog.ErrorS(err, "Cannot tell who uses a volume that is unmounted")
	}
	klog.InfoS("A volume is unmounted, but its GlusterFS client goes on: something uses it still",
		"volume", one.volume, "path", one.target, "connection", connection.Number, "requests", waiting, "mountedFor", holders, "processes", one.clients)
}

// holders are processes in whose mounts a connection is, wherever they are.
func (l *Leftovers) holders(ctx context.Context, connection connections.Connection) ([]processes.Holder, error) {
	return namespace.Do(ctx, l.Namespaces, func() ([]processes.Holder, error) { return processes.Holding(connection.Number) })
}
