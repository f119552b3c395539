package heketi

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
)

// Condition is how one heketi does, as far as its answers to this process tell.
type Condition struct {
	// Heketi is its base URL.
	Heketi string
	// Asked is when a request to it ended last; zero if none has.
	Asked time.Time
	// Answers says whether that request was answered, and not by a gateway that cannot reach
	// heketi. Answered is when that was so last; zero if never.
	Answers  bool
	Answered time.Time
	// ClockAhead is how much its clock is ahead of this process', to a second; less than 0 if it
	// is behind, and 0 if both may be the same. It is known if ClockRead.
	ClockAhead time.Duration
	ClockRead  bool
	// CertificateEnds is the end of the certificate that ends first, of those that it shows;
	// zero if it shows none.
	CertificateEnds time.Time

	// InFlight is how many operations of this process are under way there, Waiting how many
	// wait for their turn, and Allowed how many may be under way at present.
	InFlight, Waiting, Allowed int
}

// Conditions returns how each heketi does that a client was made for, sorted by URL.
func (c *Connector) Conditions() []Condition {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Condition
	for _, b := range c.heketis {
		all = append(all, b.now())
	}
	slices.SortFunc(all, func(a, b Condition) int { return cmp.Compare(a.Heketi, b.Heketi) })
	return all
}

func (b *backend) now() Condition {
	is := b.condition.get()
	is.Heketi = b.url
	is.InFlight, is.Waiting, is.Allowed = b.places.counts()
	return is
}

// condition is what the answers of one heketi have told.
type condition struct {
	mu    sync.Mutex
	known Condition
}

func (c *condition) get() Condition {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}

// answered notes an answer that came just now, and how long it took. One of a gateway that cannot
// reach heketi tells nothing of heketi's clock.
func (c *condition) answered(answer *http.Response, took time.Duration, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known.Asked = now
	if answer.TLS != nil {
		c.known.CertificateEnds = firstEnd(answer.TLS.PeerCertificates)
	}
	if c.known.Answers = answer.StatusCode == http.StatusTooManyRequests || !isGatewayError(answer.StatusCode); !c.known.Answers {
		return
	}
	c.known.Answered = now
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		c.known.ClockAhead, c.known.ClockRead = ahead(date, now.Add(-took), now), true
	}
}

// ahead returns how far the clock is ahead that wrote a date, which is cut to seconds, between two
// moments here. It is 0 if the clocks may be the same.
func ahead(date, sent, received time.Time) time.Duration {
	switch {
	case date.After(received):
		return date.Sub(received).Round(time.Second)
	case date.Add(time.Second).Before(sent):
		return date.Add(time.Second).Sub(sent).Round(time.Second)
	}
	return 0
}

// failed notes that a request got no answer. The reason may be a certificate, which is told
// all the same.
func (c *condition) failed(err error, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known.Asked, c.known.Answers = now, false
	var refused *tls.CertificateVerificationError
	if errors.As(err, &refused) {
		c.known.CertificateEnds = firstEnd(refused.UnverifiedCertificates)
	}
}

// firstEnd returns when the first of the certificates ends; zero if there is none.
func firstEnd(chain []*x509.Certificate) (first time.Time) {
	for _, certificate := range chain {
		if first.IsZero() || certificate.NotAfter.Before(first) {
			first = certificate.NotAfter
		}
	}
	return first
}

// requestEnded notes what came of an HTTP request, and tells of it. A request that its caller
// gave up tells nothing of the heketi.
func (c *Client) requestEnded(ctx context.Context, method string, answer *http.Response, err error, took time.Duration) {
	status := 0
	switch {
	case err == nil:
		status = answer.StatusCode
		c.backend.condition.answered(answer, took, time.Now())
	case ctx.Err() == nil:
		c.backend.condition.failed(err, time.Now())
	}
	if c.config.Observer != nil {
		c.config.Observer.RequestEnded(c.URL(), method, status, took)
	}
}

// Greet asks heketi for as little as possible, to learn how it does. heketi answers that to
// everybody, whatever the key.
func (c *Client) Greet(ctx context.Context) error {
	return c.callAs(ctx, "greet it", func(e *exchange) {
		e.read = func(answer io.Reader) error {
			_, err := io.Copy(io.Discard, io.LimitReader(answer, 64<<10))
			return err
		}
	}, (*gcli.Client).Hello)
}

// Probe has heketi list its clusters anew, to learn whether it accepts the credentials, and returns
// their ids, sorted. How it does since is returned even if it refuses that.
func (c *Client) Probe(ctx context.Context) ([]string, Condition, error) {
	clusters, err := c.listClusters(ctx)
	return clusters, c.backend.now(), err
}
