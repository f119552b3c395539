package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/tokens"
)

// changeBound is how long heketi may take for the answer to a change, and its saving. heketi
// answers at once what takes long in the background.
const changeBound = 5 * time.Minute

// Heketi is what requests are passed on to.
type Heketi interface {
	URL() *url.URL
	Transport() http.RoundTripper
	// Sign signs a request to it as the user.
	Sign(request *http.Request, user string) error
}

// Saver saves heketi's database.
type Saver interface {
	// Save waits until the database is saved as it is now.
	Save(context.Context) error
	// Ready returns why nothing can be saved at present.
	Ready(context.Context) error
}

// Gateway passes requests on. It is safe for concurrent use.
type Gateway struct {
	heketi Heketi
	saver  Saver
	// keys returns the keys of the users, as they are at present.
	keys    func() (map[string]string, error)
	answers answers
	unsaved unsaved

	mu       sync.Mutex
	draining bool
	// changing is how many requests are under way that may change the database.
	changing int
	// drained is closed when there are none any more; nil if nobody waits for that.
	drained chan struct{}
}

// New returns a gateway.
func New(heketi Heketi, saver Saver, keys func() (map[string]string, error)) *Gateway {
	return &Gateway{heketi: heketi, saver: saver, keys: keys, answers: answers{kept: map[string]answer{}}, unsaved: unsaved{jobs: map[string]job{}}}
}

// Drain refuses changes from now on, and waits until those have been answered that were let in, or the
// context ends. What heketi does in the background may go on.
func (g *Gateway) Drain(ctx context.Context) {
	select {
	case <-g.closed():
	case <-ctx.Done():
	}
}

// closed refuses changes from now on, and returns what is closed when none is under way.
func (g *Gateway) closed() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining = true
	g.drained = make(chan struct{})
	drained := g.drained
	g.tellDrained()
	return drained
}

func (g *Gateway) tellDrained() {
	if g.changing == 0 && g.drained != nil {
		close(g.drained)
		g.drained = nil
	}
}

// Resume lets changes in again.
func (g *Gateway) Resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining, g.drained = false, nil
}

// enter lets a change in; false if the keeper is ending.
func (g *Gateway) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.draining {
		g.changing++
	}
	return !g.draining
}

// leave is called when a change has been answered.
func (g *Gateway) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changing--
	g.tellDrained()
}

// ServeHTTP answers a request to heketi.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	startAnswer(w)
	if isOpen(r) {
		g.forward(w, r, "", g.heketi.Transport(), nil)
		return
	}
	keys, err := g.keys()
	if err != nil {
		klog.ErrorS(err, "Cannot tell who sends requests")
		refuse(w, err)
		return
	}
	user, err := tokens.SignedBy(r, keys)
	if err != nil {
		// It begins as heketi's own answer does, by which clients know that nothing was begun.
		http.Error(w, "Invalid JWT token: "+err.Error(), http.StatusUnauthorized)
		return
	}
	job, isJob := jobOf(r)
	switch {
	case isJob:
		g.answerJob(w, r, user, job)
	case mayChange(r):
		g.answerChange(w, r, user)
	default:
		g.answerRead(w, r, user)
	}
}

// answerChange passes on what may change the database. Nothing is begun while nothing can be
// saved.
func (g *Gateway) answerChange(w http.ResponseWriter, r *http.Request, user string) {
	// A client that sends slowly must not keep the keeper from ending, and one that breaks off has begun nothing.
	if err := gatherRequest(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !g.enter() {
		refuse(w, errors.New("the keeper of heketi is ending or settling what heketi was interrupted in, and nothing was begun; try again"))
		return
	}
	defer g.leave()
	// heketi goes on when the client does not wait any more, and then its change has to be saved, too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), changeBound)
	defer cancel()
	if err := g.saver.Ready(ctx); err != nil {
		refuse(w, fmt.Errorf("heketi's database cannot be saved, so nothing was begun; try again: %w", err))
		return
	}
	g.unsaved.change()
	answered := false
	g.forward(w, r.WithContext(ctx), user, g.heketi.Transport(), func(response *http.Response) error {
		answered = true
		g.unsaved.answer(response, movesBricks(r))
		return g.saved(ctx)
	})
	if !answered {
		g.unsaved.unanswered()
	}
}

// saved has the database saved before something is answered.
func (g *Gateway) saved(ctx context.Context) error {
	if err := g.save(ctx); err != nil {
		return fmt.Errorf("heketi has been asked, but its database is not saved, so its answer does not count yet; "+
			"look what has become of the request, or try again: %w", err)
	}
	return nil
}

// forward passes a request on, by the transport, as the user, nobody if that is empty. It gives the answer back after
// before has returned; if that returns an error, the answer is that.
func (g *Gateway) forward(w http.ResponseWriter, r *http.Request, user string, transport http.RoundTripper, before func(*http.Response) error) {
	proxy := httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(passed *httputil.ProxyRequest) {
			passed.SetURL(g.heketi.URL())
			passed.Out.Header.Del("Authorization")
			if user == "" {
				return
			}
			if err := g.heketi.Sign(passed.Out, user); err != nil {
				klog.ErrorS(err, "heketi will refuse a request")
			}
		},
		ModifyResponse: func(response *http.Response) error {
			if err := gatherAnswer(response); err != nil {
				return err
			}
			if before != nil {
				if err := before(response); err != nil {
					return err
				}
			}
			boundAnswer(w)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			klog.ErrorS(err, "A request has no answer of heketi", "request", r.Method+" "+r.URL.Path)
			refuse(w, err)
		},
	}
	proxy.ServeHTTP(w, r)
}

// refuse answers that it is to be tried again.
func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, err.Error(), http.StatusServiceUnavailable)
}
