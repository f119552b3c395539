package heketi

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// Probed is what an answer of a heketi shows.
type Probed struct {
	// Clusters are the ids of all clusters, sorted; nil if it did not list them.
	Clusters []string
	// Ahead is how far its clock is ahead of the one here, to a second; zero if it did not
	// say what time it is.
	Ahead time.Duration
	// CertificateEnds is when the first of its certificates ends; zero without TLS.
	CertificateEnds time.Time
}

// Probe has a heketi list its clusters. What its answer shows is returned even if it refuses
// that.
func (c *Client) Probe(ctx context.Context) (Probed, error) {
	seen := &witness{}
	var answer *api.ClusterListResponse
	err := c.callAs(ctx, "list its clusters", func(e *exchange) {
		seen.RoundTripper, e.http.Transport = e.http.Transport, seen
	}, func(client *gcli.Client) (err error) {
		answer, err = client.ClusterList()
		return err
	})
	probed := seen.probed()
	if err == nil {
		probed.Clusters = slices.Sorted(slices.Values(answer.Clusters))
	}
	return probed, err
}

// witness notes when a server answered, and what that shows of it.
type witness struct {
	http.RoundTripper

	mu   sync.Mutex
	seen Probed
}

// RoundTrip passes a request on.
func (w *witness) RoundTrip(request *http.Request) (*http.Response, error) {
	sent := time.Now()
	response, err := w.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Ahead = ahead(response.Header.Get("Date"), sent, time.Now())
	if response.TLS != nil {
		w.seen.CertificateEnds = firstEnd(response.TLS.PeerCertificates)
	}
	return response, nil
}

func (w *witness) probed() Probed {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

// ahead returns how far the clock is ahead that wrote a Date, which has whole seconds, between
// two moments. It is zero if the clocks may agree.
func ahead(date string, sent, received time.Time) time.Duration {
	there, err := http.ParseTime(date)
	switch {
	case err != nil:
		return 0
	case there.After(received):
		return there.Sub(received).Round(time.Second)
	case there.Add(time.Second).Before(sent):
		return there.Add(time.Second).Sub(sent).Round(time.Second)
	}
	return 0
}
