package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"k8s.io/klog/v2"
)

// socketCheck is how often it is looked whether a socket is still there. Whoever tidies
// up kubelet's folder would otherwise leave the node without its driver.
const socketCheck = 10 * time.Second

// socket is a server on a Unix socket.
type socket struct {
	path   string
	server *grpc.Server
}

// open serves on the socket until the context ends or the server is stopped, and makes
// it again when it is gone.
func (s socket) open(ctx context.Context) error {
	listener, err := s.listen(ctx)
	if err != nil {
		return err
	}
	go func() {
		ticker := time.NewTicker(socketCheck)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if _, err := os.Stat(s.path); !errors.Is(err, fs.ErrNotExist) {
				continue
			}
			klog.InfoS("A socket is gone; making it again", "path", s.path)
			_ = listener.Close()
			again, err := s.listen(ctx)
			if err != nil {
				klog.ErrorS(err, "Cannot make a socket again")
				continue
			}
			listener = again
		}
	}()
	return nil
}

func (s socket) listen(ctx context.Context) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o750); err != nil {
		return nil, fmt.Errorf("cannot make the folder of a socket: %w", err)
	}
	// One that was killed has left its socket behind.
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot replace a socket: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", s.path)
	if err != nil {
		return nil, fmt.Errorf("cannot make the socket %s: %w", s.path, err)
	}
	// Whoever can call the driver can have it mount and unmount volumes.
	if err := os.Chmod(s.path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	go func() {
		if err := s.server.Serve(listener); err != nil && !errors.Is(err, net.ErrClosed) {
			klog.ErrorS(err, "Stopped serving", "path", s.path)
		}
	}()
	return listener, nil
}

// probeBound is how long the driver may take to say that it can be called.
const probeBound = 3 * time.Second

// probe calls the driver as kubelet does.
func probe(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, probeBound)
	defer cancel()
	connection, err := grpc.NewClient("unix://"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	if _, err := csi.NewIdentityClient(connection).Probe(ctx, &csi.ProbeRequest{}); err != nil {
		return fmt.Errorf("the driver does not answer on %s: %w", path, err)
	}
	return nil
}
