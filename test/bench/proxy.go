package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Proxy stands between the provisioner and a heketi, and can do to each request
// what networks, gateways and overloaded servers do. It is safe for concurrent
// use.
type Proxy struct {
	heketi *Heketi
	port   *port
	client *http.Client

	mu           sync.Mutex
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

	mu   sync.Mutex
	seen int
}

// StartProxy starts a proxy before a heketi. It passes everything on.
func StartProxy(ctx context.Context, heketi *Heketi) (*Proxy, error) {
	port, err := reservePort(ctx)
	if err != nil {
		return nil, err
	}
	p := &Proxy{heketi: heketi, port: port, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	if err := p.Up(ctx); err != nil {
		return nil, errors.Join(err, port.release())
	}
	return p, nil
}

// URL is the proxy's base URL.
func (p *Proxy) URL() string { return "http://" + p.port.address() }

// Up accepts connections again after Down.
func (p *Proxy) Up(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.port.address())
	if err != nil {
		return fmt.Errorf("cannot start the proxy: %w", err)
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
	p.heketi = heketi
}

// target is the heketi's base URL.
func (p *Proxy) target() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heketi.URL()
}

// Stop ends the proxy and what it holds.
func (p *Proxy) Stop() error {
	p.Calm()
	return errors.Join(p.Down(), p.port.release())
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
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	// Only once the body is read does the server notice that the sender gives up.
	r.Body = io.NopCloser(bytes.NewReader(body))
	exchange := &proxied{proxy: p, writer: w, request: r}
	if exchange.disturbance = p.find(r); exchange.disturbance != nil {
		exchange.disturbance.note()
		exchange.disturbance.action(exchange)
		return
	}
	exchange.relay(nil)
}

func (p *Proxy) find(r *http.Request) *Disturbance {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.disturbances {
		if d.method == r.Method && d.path.MatchString(r.URL.Path) {
			return d
		}
	}
	return nil
}
