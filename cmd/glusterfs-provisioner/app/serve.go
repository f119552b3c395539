package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/klog/v2"
)

// server serves /metrics, /healthz and /readyz.
type server struct{ http *http.Server }

// serve starts to serve on the address, unless it is empty. When serving fails
// later on, it ends the process's work with the reason.
func serve(ctx context.Context, address string, state *state, fail context.CancelCauseFunc) (*server, error) {
	if address == "" {
		return &server{}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--http-address=%s: %w", address, err)
	}
	klog.InfoS("Serving /metrics, /healthz and /readyz", "address", listener.Addr())
	s := &server{http: &http.Server{Handler: endpointsOf(state), ReadHeaderTimeout: 10 * time.Second}}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fail(fmt.Errorf("--http-address=%s: %w", address, err))
		}
	}()
	return s, nil
}

func endpointsOf(state *state) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", legacyregistry.Handler())
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := state.healthy(r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !state.ready() {
			http.Error(w, "taking over", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

func (s *server) stop() {
	if s.http != nil {
		_ = s.http.Close()
	}
}
