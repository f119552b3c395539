package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/klog/v2"
)

// server serves /metrics, /healthz, /readyz, and profiles if they are wanted.
type server struct{ http *http.Server }

// serve starts to serve on the address, unless it is empty. When serving fails
// later on, it ends the process's work with the reason.
func serve(ctx context.Context, address string, profiling bool, state *state, fail context.CancelCauseFunc) (*server, error) {
	if address == "" {
		return &server{}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--http-address=%s: %w", address, err)
	}
	klog.InfoS("Serving /metrics, /healthz and /readyz", "address", listener.Addr())
	s := &server{http: &http.Server{Handler: endpointsOf(state, profiling), ReadHeaderTimeout: 10 * time.Second}}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fail(fmt.Errorf("--http-address=%s: %w", address, err))
		}
	}()
	return s, nil
}

func endpointsOf(state *state, profiling bool) http.Handler {
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
	if profiling {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return mux
}

func (s *server) stop() {
	if s.http != nil {
		_ = s.http.Close()
	}
}
