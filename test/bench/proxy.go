package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"sync"
	"time"
)

// Proxy stands between the provisioner and a heketi or an API server, and can do
// to each request what networks, gateways and overloaded servers do. It is safe
// for concurrent use.
type Proxy struct {
	port      *port
	transport *http.Transport
	// serving is nil for plain HTTP.
	serving *tls.Config
	// gluster is nil before an API server.
	gluster *glusterView

	mu           sync.Mutex
	target       string
	server       *http.Server
	disturbances []*Disturbance
}

// Disturbance is something that the proxy does with some of the requests.
type Disturbance struct {
	method   string
	path     *regexp.Regexp
	action   Action
	reached  chan struct{}
	released chan struct{}

	mu       sync.Mutex
	seen     int
	underWay sync.WaitGroup
}

// StartProxy starts a proxy before a heketi. It passes everything on, and adds to
// heketi's answer to what gluster has that gluster has what heketi's database has.
func StartProxy(ctx context.Context, heketi *Heketi) (*Proxy, error) {
	p, err := startProxy(ctx, heketi.URL(), &http.Transport{MaxIdleConnsPerHost: 100}, nil)
	if err != nil {
		return nil, err
	}
	p.gluster = &glusterView{kept: map[string][]string{}, set: map[string][]string{}}
	return p, nil
}

// StartAPIServerProxy starts a proxy before a cluster's API server. It passes
// everything on, save for client certificates, and is trusted as the API server is.
func StartAPIServerProxy(ctx context.Context, cluster *Cluster) (*Proxy, error) {
	pair, err := cluster.authority.server("proxy")
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(pair.certificate, pair.key)
	if err != nil {
		return nil, fmt.Errorf("cannot read the proxy's certificate: %w", err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(cluster.authority.parsed)
	return startProxy(ctx, cluster.url(), &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		// A connection carries one request at a time, so that it can be cut.
		NextProtos: []string{"http/1.1"},
		MinVersion: tls.VersionTLS12,
	})
}

func startProxy(ctx context.Context, target string, transport *http.Transport, serving *tls.Config) (*Proxy, error) {
	port, err := reservePort(ctx)
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, port: port, transport: transport, serving: serving}
	if err := p.Up(ctx); err != nil {
		return nil, errors.Join(err, port.release())
	}
	return p, nil
}

// URL is the proxy's base URL.
func (p *Proxy) URL() string {
	if p.serving != nil {
		return "https://" + p.port.address()
	}
	return "http://" + p.port.address()
}

// Up accepts connections again after Down.
func (p *Proxy) Up(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.port.address())
	if err != nil {
		return fmt.Errorf("cannot start the proxy: %w", err)
	}
	if p.serving != nil {
		listener = tls.NewListener(listener, p.serving)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: time.Minute}
	go func(server *http.Server) { _ = server.Serve(listener) }(p.server)
	return nil
}

// Down breaks all connections and refuses new ones.
func (p *Proxy) Down() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.server.Close()
}

// Lead has the proxy pass on to another heketi.
func (p *Proxy) Lead(heketi *Heketi) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = heketi.URL()
}

// passesTo is the base URL that requests are passed on to.
func (p *Proxy) passesTo() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target
}

// Stop ends the proxy and what it holds.
func (p *Proxy) Stop() error {
	p.Calm()
	err := errors.Join(p.Down(), p.port.release())
	p.transport.CloseIdleConnections()
	return err
}

// Disturb has the action done with every request of that method whose path
// matches, until Calm.
func (p *Proxy) Disturb(method, path string, action Action) *Disturbance {
	d := &Disturbance{
		method: method, path: regexp.MustCompile(path), action: action,
		reached: make(chan struct{}), released: make(chan struct{}),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disturbances = append(p.disturbances, d)
	return d
}

// Calm ends all disturbances and lets go what they hold.
func (p *Proxy) Calm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.disturbances {
		close(d.released)
	}
	p.disturbances = nil
}

// Reached is closed when the first request was disturbed.
func (d *Disturbance) Reached() <-chan struct{} { return d.reached }

// Seen returns how many requests were disturbed.
func (d *Disturbance) Seen() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen
}

func (d *Disturbance) note() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == 0 {
		close(d.reached)
	}
	d.seen++
	d.underWay.Add(1)
}

// Wait waits until no request is being disturbed any more. It is meant for after
// Calm.
func (d *Disturbance) Wait() { d.underWay.Wait() }

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		p.upgrade(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	// Only once the body is read does the server notice that the sender gives up.
	r.Body = io.NopCloser(bytes.NewReader(body))
	exchange := &proxied{proxy: p, writer: w, request: r}
	if exchange.disturbance = p.find(r); exchange.disturbance != nil {
		exchange.disturbance.note()
		defer exchange.disturbance.underWay.Done()
		exchange.disturbance.action(exchange)
		return
	}
	if p.gluster != nil && examination.MatchString(r.URL.Path) {
		exchange.relayExamination()
		return
	}
	exchange.relay(nil)
}

// upgrade passes on what becomes a connection of its own, such as that of a command in a pod. HTTP/2 has none of these, and nothing disturbs it.
func (p *Proxy) upgrade(w http.ResponseWriter, r *http.Request) {
	target, err := url.Parse(p.passesTo())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	transport := &http.Transport{DisableKeepAlives: true}
	if p.transport.TLSClientConfig != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: p.transport.TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}
	}
	(&httputil.ReverseProxy{Transport: transport, Rewrite: func(passed *httputil.ProxyRequest) { passed.SetURL(target) }}).ServeHTTP(w, r)
}

func (p *Proxy) find(r *http.Request) *Disturbance {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.disturbances {
		if d.method == r.Method && d.path.MatchString(r.URL.RequestURI()) {
			return d
		}
	}
	return nil
}
