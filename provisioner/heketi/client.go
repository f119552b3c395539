package heketi

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
)

// Client talks to one heketi with one set of credentials. It is safe for
// concurrent use.
type Client struct {
	config      Config
	credentials Credentials
	base        *url.URL
	backend     *backend
	transport   *http.Transport
}

// URL returns the base URL of the heketi.
func (c *Client) URL() string { return c.credentials.URL }

// call makes one call of heketi's client and turns its error into an *Error.
// The call must be bounded by the context.
func (c *Client) call(ctx context.Context, operation string, do func(*gcli.Client) error) error {
	return c.callAs(ctx, operation, nil, do)
}

// callAs is call with an exchange that is prepared, if prepare is not nil.
func (c *Client) callAs(ctx context.Context, operation string, prepare func(*exchange), do func(*gcli.Client) error) error {
	start := time.Now()
	heard, err := c.backend.breaker.Allow()
	if err != nil {
		err := c.silent(operation)
		c.observe(operation, err, start)
		return err
	}
	e := newExchange(ctx, c.config, c.transport, c.base, c.backend.places)
	e.heard = heard
	e.ended = func(method string, answer *http.Response, err error, took time.Duration) {
		c.requestEnded(ctx, method, answer, err, took)
	}
	defer e.tellBreaker(nil)
	e.lately = c.backend.pace.lately(kindOfOperation(operation))
	if prepare != nil {
		prepare(e)
	}
	// The client's own retries start at 10 s and cannot be interrupted. Its own poll
	// interval would come on top of the exchange's.
	api := gcli.NewClientWithOptions(c.credentials.URL, c.credentials.User, c.credentials.Key,
		gcli.ClientOptions{RetryEnabled: false, PollDelay: 0})
	api.SetClientFunc(func(_ *tls.Config, sign gcli.CheckRedirectFunc) (gcli.HttpPerformer, error) {
		e.sign = sign
		return e, nil
	})
	if err = do(api); err != nil {
		err = c.explain(e, operation, err)
	} else {
		c.backend.pace.note(kindOfOperation(operation), time.Since(e.begun))
	}
	c.observe(operation, err, start)
	return err
}

func (c *Client) observe(operation string, err error, start time.Time) {
	if c.config.Observer != nil {
		c.config.Observer.OperationEnded(c.URL(), kindOfOperation(operation), err, time.Since(start))
	}
}

// kindOfOperation is the first word of what is asked, such as "create".
func kindOfOperation(operation string) string {
	kind, _, _ := strings.Cut(operation, " ")
	return kind
}

// explain turns an error of heketi's client into an *Error, from what the
// exchange saw.
func (c *Client) explain(e *exchange, operation string, err error) *Error {
	said := printable(e.withoutToken(withoutWarnings(messageOf(err))))
	explained := &Error{Server: c.URL(), Operation: operation, Status: e.status, Text: presentable(said)}
	switch {
	case e.status == 0:
		explained.Kind = ErrUnavailable
		explained.Interrupted = e.sent.Load()
		explained.underWay = explained.Interrupted && e.method != http.MethodGet
	case e.method != http.MethodGet:
		explained.Kind = kindOf(e.status, said)
		explained.Interrupted = !e.refused(explained.Text)
		explained.underWay = explained.Interrupted
	case isJob(e.path) && e.status == http.StatusNotFound:
		// The queue forgets a job when heketi restarts and when its outcome
		// was told. That says nothing of the volume.
		explained.Kind = ErrUnavailable
		explained.Interrupted = true
		explained.Text = "heketi has forgotten the job; it may have restarted"
	case isJob(e.path) && e.status == http.StatusInternalServerError:
		explained.Kind = kindOf(e.status, said)
		explained.jobFailed = true
	default:
		explained.Kind = kindOf(e.status, said)
		explained.Interrupted = e.sent.Load()
	}
	if e.status == 0 {
		explained.Text += remedyFor(err)
	} else {
		explained.Text = withRemedy(explained.Text)
	}
	if errors.Is(explained.Kind, ErrUnavailable) {
		explained.Text += e.leadsTo
	}
	if errors.Is(explained.Kind, ErrTooOld) {
		explained.Text = "it does not know this request, and heketi 10.3 does"
	}
	if errors.Is(explained.Kind, ErrNotFound) && !isOne(e.path) {
		explained.Kind = ErrUnavailable
	}
	return explained
}

// isOne says whether a path is that of a single volume or cluster. Of these alone heketi
// says that it does not know one.
func isOne(path string) bool {
	return strings.HasPrefix(path, "/volumes/") || strings.HasPrefix(path, "/clusters/")
}

// withoutToken hides the token in a text, should somebody send it back.
func (e *exchange) withoutToken(text string) string {
	if e.token == "" {
		return text
	}
	return strings.ReplaceAll(text, e.token, "(token)")
}

// messageOf leaves out what http.Client puts around an error: the method and the address.
// The reader knows both.
func messageOf(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err.Error()
}
