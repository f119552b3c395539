package keeper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/gateway"
)

// headerBound is how long a client may take for the header of a request.
const headerBound = 10 * time.Second

// idleConnection is how long a connection without requests stays open. The provisioner's are idle between claims.
const idleConnection = 2 * time.Minute

// closeBound is how long answers that are under way may take when heketi has ended.
const closeBound = 5 * time.Second

// serve serves heketi's API.
func (k *Keeper) serve(ctx context.Context) (*api, error) {
	listener, err := k.config.Listen(ctx)
	if err != nil {
		return nil, err
	}
	klog.InfoS("Serving heketi's API", "address", listener.Addr())
	served := &api{gateway: gateway.New(k.heketi, k.saver, k.config.Keys), failed: make(chan error, 1)}
	server := &http.Server{Handler: served.gateway, ReadHeaderTimeout: headerBound, IdleTimeout: idleConnection}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			served.failed <- fmt.Errorf("cannot serve heketi's API: %w", err)
		}
	}()
	served.close = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeBound)
		defer cancel()
		_ = server.Shutdown(ctx)
		_ = server.Close()
	}
	return served, nil
}
