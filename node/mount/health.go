package mount

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/processes"
)

// Health is how a mount of GlusterFS does.
type Health string

const (
	// Alive is a mount that answers.
	Alive Health = "alive"
	// Dead is a mount whose client is gone. It will never answer again.
	Dead Health = "dead"
	// Unreachable is a mount whose client reaches none of the servers that it needs.
	// It answers again when they do.
	Unreachable Health = "unreachable"
	// Silent is a mount that has not answered in time: its servers are slow, or have
	// just gone, or its client hangs.
	Silent Health = "silent"
)

// Probe asks what is mounted at a path how it does, and waits for its answer until
// the context ends.
func (m *Mounts) Probe(ctx context.Context, path string) (Health, error) {
	health, err := ask(ctx, m, "probe", path, probe)
	if errors.Is(err, context.DeadlineExceeded) {
		return Silent, nil
	}
	return health, err
}

// Usage is what a volume has and what of it is used.
type Usage struct {
	// In bytes.
	Bytes, BytesUsed, BytesAvailable int64
	Inodes, InodesUsed, InodesFree   int64
}

// Usage asks what is mounted at a path how full it is, and waits for its answer until
// the context ends.
func (m *Mounts) Usage(ctx context.Context, path string) (Usage, error) {
	return ask(ctx, m, "usage", path, usage)
}

// ask asks what is mounted at a path. If it was asked the same before and has not
// answered yet, it is not asked again, and that answer is waited for.
func ask[T any](ctx context.Context, m *Mounts, question, path string, function func(folder, below string) (T, error)) (T, error) {
	var none T
	below, err := relative(m.folder, path)
	if err != nil {
		return none, err
	}
	answer := m.asking.DoChan(question+" "+path, func() (any, error) {
		return namespace.Do(context.WithoutCancel(ctx), m.namespaces, func() (T, error) { return function(m.folder, below) })
	})
	select {
	case result := <-answer:
		value, _ := result.Val.(T)
		return value, result.Err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

func probe(folder, below string) (Health, error) {
	file, err := openBelow(folder, below)
	if err != nil {
		return "", err
	}
	defer file.Close()
	// What the kernel remembers of the mount says nothing, so it is told to ask.
	var status unix.Statx_t
	err = unix.Statx(int(file.Fd()), "", unix.AT_EMPTY_PATH|unix.AT_STATX_FORCE_SYNC, unix.STATX_BASIC_STATS, &status)
	if err == nil {
		return Alive, nil
	}
	if !isDisconnected(err) {
		return "", fmt.Errorf("cannot look at %s: %w", file.Name(), err)
	}
	served, err := isServed(folder, below)
	if err != nil {
		return "", err
	}
	if served {
		return Unreachable, nil
	}
	return Dead, nil
}

// isServed tells whether the client of what is mounted at a path still runs. A client
// that has lost its servers gives the same answers as the kernel gives in the place of
// one that is gone, so they do not tell.
func isServed(folder, below string) (bool, error) {
	mounts, err := at(folder, below)
	if err != nil || len(mounts) == 0 {
		return false, err
	}
	all, err := allIn(folder, "")
	if err != nil {
		return false, err
	}
	seen := mounts[len(mounts)-1]
	return slices.ContainsFunc(all, func(one Mount) bool {
		return one.Client == seen.Client && len(processes.Serving(one.Path)) > 0
	}), nil
}

// isDisconnected tells whether an error is that of a mount whose client is gone, or is
// just going.
func isDisconnected(err error) bool {
	return errors.Is(err, unix.ENOTCONN) || errors.Is(err, unix.ECONNABORTED)
}

func usage(folder, below string) (Usage, error) {
	file, err := openBelow(folder, below)
	if err != nil {
		return Usage{}, err
	}
	defer file.Close()
	var status unix.Statfs_t
	if err := unix.Fstatfs(int(file.Fd()), &status); err != nil {
		return Usage{}, fmt.Errorf("cannot ask %s for its size: %w", file.Name(), err)
	}
	return Usage{
		Bytes:          int64(status.Blocks) * status.Frsize,
		BytesUsed:      int64(status.Blocks-status.Bfree) * status.Frsize,
		BytesAvailable: int64(status.Bavail) * status.Frsize,
		Inodes:         int64(status.Files),
		InodesUsed:     int64(status.Files - status.Ffree),
		InodesFree:     int64(status.Ffree),
	}, nil
}
