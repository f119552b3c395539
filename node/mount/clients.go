package mount

import (
	"context"
	"slices"
	"sync"

	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/processes"
)

// Clients are the GlusterFS clients of the node, read when they are first needed, and once.
type Clients struct {
	all func() ([]processes.Client, error)
}

// Clients returns the node's clients as they will be when somebody needs them.
func (m *Mounts) Clients(ctx context.Context) *Clients {
	// It does not wait for clients, so the one who needs them need not, either.
	ctx = context.WithoutCancel(ctx)
	return &Clients{all: sync.OnceValues(func() ([]processes.Client, error) {
		all, err := namespace.Do(ctx, m.namespaces, processes.Clients)
		return m.withoutGivenUp(all), err
	})}
}

// serves tells whether a client of a mount is among those given, where mounts are all
// mounts of GlusterFS. On kernels that tell what a client serves, it is that one;
// otherwise it is one that was started to mount where a mount of the same connection is.
func serves(clients []processes.Client, mount Mount, mounts []Mount) bool {
	return slices.ContainsFunc(clients, func(client processes.Client) bool {
		if client.Connection != 0 {
			return client.Connection == mount.Connection
		}
		return slices.ContainsFunc(mounts, func(one Mount) bool {
			return one.Connection == mount.Connection && one.Path == client.Target
		})
	})
}

// GiveUp has clients be taken for none of a mount that comes after theirs, where the
// kernel does not tell what they serve.
func (m *Mounts) GiveUp(clients ...processes.Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, client := range clients {
		m.givenUp[client.ID] = true
	}
}

// withoutGivenUp leaves out clients that were given up, and forgets those of them that
// have ended.
func (m *Mounts) withoutGivenUp(all []processes.Client) []processes.Client {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := map[processes.ID]bool{}
	kept := slices.DeleteFunc(slices.Clone(all), func(client processes.Client) bool {
		left[client.ID] = m.givenUp[client.ID]
		return client.Connection == 0 && m.givenUp[client.ID]
	})
	for id := range m.givenUp {
		if !left[id] {
			delete(m.givenUp, id)
		}
	}
	return kept
}
