package serving

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/metrics/prometheus/slis"
	"k8s.io/klog/v2"
)

// Options say what is served where. They are set by the flags.
type Options struct {
	// Address is the address to serve on; empty to serve nothing.
	Address   string
	Profiling bool
}

// AddFlags adds the flags that set the options, with what they are as defaults.
func (o *Options) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Address, "http-address", o.Address, "Address for /metrics, /metrics/slis, /livez (also called /healthz) and /readyz; empty to serve none.")
	fs.BoolVar(&o.Profiling, "profiling", o.Profiling, "Serve profiles on /debug/pprof/ of --http-address. Whoever can reach that address can then slow the process.")
}

// Start starts to serve until stop is called. When serving fails before, fail is called
// with the reason.
func Start(ctx context.Context, options Options, checks Checks, fail context.CancelCauseFunc) (stop func(), err error) {
	if options.Address == "" {
		return func() {}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", options.Address)
	if err != nil {
		return nil, fmt.Errorf("--http-address=%s: %w", options.Address, err)
	}
	klog.InfoS("Serving /metrics, /livez and /readyz", "address", listener.Addr())
	server := &http.Server{Handler: handler(options, checks), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fail(fmt.Errorf("--http-address=%s: %w", options.Address, err))
		}
	}()
	return func() { _ = server.Close() }, nil
}

func handler(options Options, checks Checks) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", legacyregistry.Handler())
	slis.SLIMetrics{}.Install(mux)
	live, ready := append([]Check{ping}, checks.Live...), append([]Check{ping}, checks.Ready...)
	endpoint{"/livez", live, http.StatusInternalServerError}.install(mux)
	endpoint{"/healthz", live, http.StatusInternalServerError}.install(mux)
	endpoint{"/readyz", ready, http.StatusServiceUnavailable}.install(mux)
	if options.Profiling {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return mux
}
