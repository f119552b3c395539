package heketiapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"glusterfs-provisioner/keeper/tokens"
)

const (
	// pollFirst is when a job is first asked for, and pollAtMost how long is waited between two times.
	pollFirst, pollAtMost = 20 * time.Millisecond, 2 * time.Second
	// jobBound is how long a job may take. heketi gives each command on a node 5 or 10 minutes.
	jobBound = 30 * time.Minute
	// pollMove is how long is waited at most between two times while a brick moves. The gateway saves at each of them what
	// heketi has chosen, before gluster has it.
	pollMove = 200 * time.Millisecond
	// longestAnswer bounds what is read of an answer, in bytes. A node with 64 disks of a hundred
	// bricks each has about 2 MB.
	longestAnswer = 64 << 20
)

// Client asks heketi. It is safe for concurrent use.
type Client struct {
	transport http.RoundTripper
	keys      func() (map[string]string, error)
}

// New returns a client that goes to the gateway by the transport, and signs with the admin's key among the keys.
func New(transport http.RoundTripper, keys func() (map[string]string, error)) *Client {
	return &Client{transport: transport, keys: keys}
}

// Error is heketi's answer to what it refuses, or cannot do.
type Error struct {
	Request string
	Status  int
	Said    string
}

func (e *Error) Error() string {
	if e.Said == "" {
		return fmt.Sprintf("heketi answers %s with status %d", e.Request, e.Status)
	}
	return e.Said
}

// Said returns what heketi says of what it was asked, if it was heketi that refused it and not something on the way to
// heketi, which goes by.
func Said(err error) (said string, is bool) {
	var refused *Error
	if !errors.As(err, &refused) {
		return "", false
	}
	switch refused.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusUnauthorized, http.StatusBadGateway:
		return "", false
	}
	return refused.Error(), true
}

// get reads an answer.
func (c *Client) get(ctx context.Context, path string, answer any) error {
	got, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if got.status != http.StatusOK {
		return got.refusal(http.MethodGet + " " + path)
	}
	if err := json.Unmarshal(got.body, answer); err != nil {
		return fmt.Errorf("cannot read heketi's answer to GET %s: %w", path, err)
	}
	return nil
}

// do has heketi do something, and waits until it is done.
func (c *Client) do(ctx context.Context, method, path string, request any) (body []byte, err error) {
	return c.doPolling(ctx, method, path, request, pollAtMost)
}

func (c *Client) doPolling(ctx context.Context, method, path string, request any, atMost time.Duration) (body []byte, err error) {
	got, err := c.send(ctx, method, path, request)
	switch {
	case err != nil:
		return nil, err
	case got.status == http.StatusAccepted:
		return nil, c.await(ctx, method+" "+path, got.location, atMost)
	case got.status >= http.StatusBadRequest:
		return nil, got.refusal(method + " " + path)
	}
	return got.body, nil
}

// await waits for the end of a job. Its end is told once it is saved.
func (c *Client) await(ctx context.Context, request, job string, atMost time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, jobBound)
	defer cancel()
	for pause := pollFirst; ; pause = min(2*pause, atMost) {
		got, err := c.send(ctx, http.MethodGet, job, nil)
		if err != nil {
			return err
		}
		switch got.status {
		case http.StatusNoContent, http.StatusSeeOther:
			return nil
		case http.StatusOK, http.StatusServiceUnavailable:
			// It still works, or what it has done is not saved yet.
		default:
			return got.refusal(request)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("heketi has not finished %s: %w", request, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// answered is an answer of heketi's.
type answered struct {
	status int
	// location is where the job is that heketi has begun.
	location string
	body     []byte
}

func (a answered) refusal(request string) error {
	return &Error{Request: request, Status: a.status, Said: strings.TrimSpace(string(a.body))}
}

func (c *Client) send(ctx context.Context, method, path string, content any) (answered, error) {
	var body io.Reader = http.NoBody
	if content != nil {
		encoded, err := json.Marshal(content)
		if err != nil {
			return answered{}, err
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, path, body)
	if err != nil {
		return answered{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	keys, err := c.keys()
	if err != nil {
		return answered{}, err
	}
	if err := tokens.Sign(request, tokens.Admin, keys[tokens.Admin]); err != nil {
		return answered{}, err
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return answered{}, fmt.Errorf("heketi's answer to %s %s is broken off: %w", method, path, err)
	}
	return answered{response.StatusCode, response.Header.Get("Location"), text}, nil
}
