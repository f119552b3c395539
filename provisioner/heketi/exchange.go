package heketi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
)

// maxBody bounds what is read of one answer, in bytes. A dump of heketi's
// database with 10,000 volumes is about 60 MB.
const maxBody = 256 << 20

// exchange is the HTTP side of one call of heketi's client. It stands in for the client's
// http.Client. So the call follows a context and polls patiently, and what was answered
// where can be read afterwards.
type exchange struct {
	ctx    context.Context
	config Config
	http   *http.Client
	// base is heketi's URL. Requests carry its token, so they go nowhere else, and none
	// goes unencrypted if the first did not.
	base *url.URL
	// places learns whether heketi takes what is sent.
	places *places
	// heard learns once whether heketi answers; nil when it was told.
	heard func(error)
	// ended is told of each request that has ended, with its answer or its error.
	ended func(method string, answer *http.Response, err error, took time.Duration)
	// token is what the last request was signed with.
	token string
	// sign signs a request anew; heketi's client passes it for redirects.
	sign gcli.CheckRedirectFunc

	// patience bounds a single request.
	patience time.Duration
	// read, if set, gets the answer to the operation's request as it comes, and
	// heketi's client gets none. It is for answers that are large.
	read func(io.Reader) error

	// begun is when the operation was accepted, and lately how long the last one of its
	// kind took. The times of the polls follow from both.
	begun  time.Time
	lately time.Duration
	// sent says that a connection carried the operation's request.
	sent atomic.Bool
	// method, path and status of the last answer; status 0 if none came.
	method, path string
	status       int
	// leadsTo tells of that answer, if it is a redirect.
	leadsTo string
	// plain says that the last answer is plain text, as heketi's errors are and those of
	// gateways seldom. body is that answer's.
	plain bool
	body  *boundedBody
}

func newExchange(ctx context.Context, config Config, transport http.RoundTripper, base *url.URL, places *places) *exchange {
	return &exchange{
		ctx:      ctx,
		config:   config,
		patience: config.RequestTimeout,
		ended:    func(string, *http.Response, error, time.Duration) {},
		base:     base,
		places:   places,
		http: &http.Client{
			Transport: transport,
			// http.Client would repeat a redirected POST or DELETE as a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Do performs a request of heketi's client. It is called once for the operation
// itself, and again for each poll of its job.
func (e *exchange) Do(request *http.Request) (*http.Response, error) {
	if request.URL.Host != e.base.Host || request.URL.Scheme != e.base.Scheme {
		return nil, fmt.Errorf("its answer leads elsewhere, to %s://%s", request.URL.Scheme, request.URL.Host)
	}
	if isJob(request.URL.Path) {
		return e.awaitJob(request)
	}
	response, err := e.sendUnlessBusy(request)
	e.begun = time.Now()
	if err != nil || e.read == nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	defer response.Body.Close()
	if err := e.read(response.Body); err != nil {
		return nil, cmp.Or(e.body.failure, err)
	}
	response.Body = http.NoBody
	return response, nil
}

// How long a 429 is waited out, before the first and before the later repetitions. The
// last pause is short, so that the moment is not missed when somebody else's operation
// ends. Those take seconds.
const (
	firstBusyPause = 50 * time.Millisecond
	lastBusyPause  = 400 * time.Millisecond
)

func isJob(path string) bool { return strings.HasPrefix(path, "/queue/") }

// sendUnlessBusy sends a request, and again for a while if heketi is too busy.
// A request that is answered 429 was not begun.
func (e *exchange) sendUnlessBusy(request *http.Request) (*http.Response, error) {
	deadline := time.Now().Add(e.config.BusyPatience)
	for pause := firstBusyPause; ; pause = min(2*pause, lastBusyPause) {
		sent := time.Now()
		response, err := e.send(request)
		e.tellPlaces(request, response, sent)
		if err != nil || response.StatusCode != http.StatusTooManyRequests || time.Now().After(deadline) {
			return response, err
		}
		discard(response)
		e.sent.Store(false)
		if err := sleep(e.ctx, jittered(pause)); err != nil {
			return nil, err
		}
		if request.GetBody != nil {
			if request.Body, err = request.GetBody(); err != nil {
				return nil, err
			}
		}
		if err := e.sign(request, nil); err != nil {
			return nil, err
		}
	}
}

// tellPlaces tells whether heketi took an operation, if the request was one and was
// answered.
func (e *exchange) tellPlaces(request *http.Request, response *http.Response, sent time.Time) {
	switch {
	case request.Method == http.MethodGet || response == nil:
	case response.StatusCode == http.StatusTooManyRequests:
		e.places.wasRefused(sent)
	case response.StatusCode == http.StatusAccepted:
		e.places.wasAccepted()
	}
}

// tellBreaker tells what came of the first request. So whoever else wants something of
// this heketi does not have to wait for the end of the operation.
func (e *exchange) tellBreaker(err error) {
	if e.heard != nil {
		e.heard(err)
		e.heard = nil
	}
}

// send performs one HTTP request and notes what came of it.
func (e *exchange) send(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(e.ctx, e.patience,
		fmt.Errorf("%w within %v", errNoAnswer, e.patience))
	changes := request.Method != http.MethodGet
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			if changes {
				e.sent.Store(true)
			}
		},
	})
	e.method, e.path, e.status, e.leadsTo = request.Method, request.URL.Path, 0, ""
	e.token = strings.TrimPrefix(request.Header.Get("Authorization"), "bearer ")
	sent := time.Now()
	response, err := e.http.Do(request.WithContext(ctx))
	e.ended(request.Method, response, err, time.Since(sent))
	if err != nil {
		cause := context.Cause(ctx)
		if cause != nil && !errors.Is(err, cause) {
			err = cause
		}
		cancel()
		if cause == nil && isTimeout(err) {
			e.tellBreaker(errNoAnswer)
		} else {
			e.tellBreaker(err)
		}
		return nil, err
	}
	e.tellBreaker(nil)
	e.status, e.leadsTo = response.StatusCode, leadsTo(response)
	e.plain = strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain")
	e.body = &boundedBody{from: io.LimitReader(response.Body, maxBody), closer: response.Body, cancel: cancel}
	response.Body = e.body
	return response, nil
}

// sleep waits, unless the context ends first; then it returns why that ended.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// jittered spreads a pause evenly between half and one and a half of it.
func jittered(pause time.Duration) time.Duration {
	return pause/2 + rand.N(pause)
}

// boundedBody is an answer's body, cut at a size. Its request's time-out ends when it is
// closed.
type boundedBody struct {
	from   io.Reader
	closer io.Closer
	cancel context.CancelFunc

	// length is how much was read, in bytes; failure why it ended too soon.
	length  int
	failure error
}

func (b *boundedBody) Read(into []byte) (int, error) {
	n, err := b.from.Read(into)
	b.length += n
	if err != nil && !errors.Is(err, io.EOF) {
		b.failure = err
	}
	return n, err
}

func (b *boundedBody) Close() error {
	defer b.cancel()
	return b.closer.Close()
}

// discard drops an answer so that its connection can be used again.
func discard(response *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	_ = response.Body.Close()
}
