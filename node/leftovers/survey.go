package leftovers

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/connections"
	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/processes"
)

// settle is how long a client may have no mount that was found by itself.
const settle = time.Second

// Survey looks for clients without a mount, also those of which this process has not seen
// how they came to that, ends those that have gone on for too long, and returns how many
// there are.
func (l *Leftovers) Survey(ctx context.Context) (int, error) {
	clients, err := namespace.Do(ctx, l.Namespaces, processes.Clients)
	if err != nil {
		return 0, err
	}
	clients = l.own(clients)
	mounts, err := l.Mounts.Everywhere(ctx)
	if err != nil {
		return 0, err
	}
	if l.Connections == nil {
		return surplus(clients, mounts), nil
	}
	found, err := l.find(ctx, clients)
	if err != nil {
		return 0, err
	}
	// One whose volume is just being mounted or unmounted is no leftover.
	settling, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	l.keep(ctx, l.unawaited(l.await(settling, found)))
	left, err := l.update(ctx)
	if err != nil {
		return 0, err
	}
	for connection, one := range left {
		if l.AbortAfter > 0 && !one.aborted && time.Since(one.since) >= l.AbortAfter {
			err = errors.Join(err, l.abort(ctx, connection, one))
		}
	}
	// Of a client whose kernel does not tell what it serves, it is only known that it is
	// one too many.
	untold := slices.DeleteFunc(slices.Clone(clients), func(client processes.Client) bool { return client.Connection != 0 })
	return max(surplus(untold, mounts), len(left)), err
}

// own are the clients that were started to mount in the folder.
func (l *Leftovers) own(clients []processes.Client) []processes.Client {
	var own []processes.Client
	for _, client := range clients {
		if strings.HasPrefix(client.Target, l.Folder+"/") {
			own = append(own, client)
		}
	}
	return own
}

// surplus is how many clients there are above those that mounts can have.
func surplus(clients []processes.Client, mounts []mount.Mount) int {
	// The clients of mounts, each by its connection or by where it was mounted first.
	byConnection, byPath := map[uint32]bool{}, map[string]uint32{}
	for _, one := range mounts {
		byConnection[one.Connection] = true
		byPath[one.Path] = one.Connection
	}
	without := 0
	for _, client := range clients {
		connection := client.Connection
		if connection == 0 {
			connection = byPath[client.Target]
		}
		if byConnection[connection] {
			delete(byConnection, connection)
		} else {
			without++
		}
	}
	if len(clients) > 0 && clients[0].Connection != 0 {
		return without
	}
	// What is mounted only for a pod by now has a client, too, and it is not told which.
	return max(0, without-len(byConnection))
}

// find returns the connections of clients that have no mount, as far as that is news.
func (l *Leftovers) find(ctx context.Context, clients []processes.Client) (Served, error) {
	served := Served{}
	for _, client := range clients {
		connection, there, err := l.Connections.Find(client.Connection)
		if err != nil {
			return nil, err
		}
		if there {
			served[connection] = mount.Mount{Path: client.Target, Connection: client.Connection}
		}
	}
	return l.without(ctx, l.unawaited(served))
}

// unawaited leaves out connections that are known, or that others wait for.
func (l *Leftovers) unawaited(served Served) Served {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := Served{}
	for connection, one := range served {
		if _, known := l.known[connection]; !known && !l.awaited[connection] {
			left[connection] = one
		}
	}
	return left
}

// update forgets what has ended, and returns what is left.
func (l *Leftovers) update(ctx context.Context) (map[connections.Connection]leftover, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := Served{}
	for connection := range l.known {
		known[connection] = mount.Mount{}
	}
	left, err := l.without(ctx, known)
	if err != nil {
		return nil, err
	}
	copied := map[connections.Connection]leftover{}
	for connection, one := range l.known {
		if _, is := left[connection]; is {
			copied[connection] = one
			continue
		}
		delete(l.known, connection)
		klog.InfoS("The client of an unmounted volume has ended", "volume", one.volume, "path", one.target, "connection", connection.Number)
	}
	return copied, nil
}

// abort ends a client that no process has a mount of.
func (l *Leftovers) abort(ctx context.Context, connection connections.Connection, one leftover) error {
	aborted, err := l.Connections.Abort(connection, func() (bool, error) {
		holders, err := l.holders(ctx, connection)
		return len(holders) == 0, err
	})
	if !aborted || err != nil {
		return err
	}
	// A client ends by itself when its connection does, unless it hangs.
	for _, client := range one.clients {
		if err := processes.Kill(client); err != nil {
			klog.ErrorS(err, "Cannot kill the client of an unmounted volume", "volume", one.volume, "path", one.target)
		}
	}
	klog.InfoS("Ended the client of a volume that was unmounted long ago; whatever waited for it gets an error",
		"volume", one.volume, "path", one.target, "connection", connection.Number, "after", time.Since(one.since))
	l.mu.Lock()
	defer l.mu.Unlock()
	one.aborted = true
	l.known[connection] = one
	return nil
}
