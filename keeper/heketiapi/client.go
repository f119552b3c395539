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
	var answered *Error
	if !errors.As(err, &answered) {
		return "", false
	}
	switch answered.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusUnauthorized, http.StatusBadGateway:
		return "", false
	}
	return answered.Error(), true
}

// get reads an answer.
func (c *Client) get(ctx context.Context, path string, answer any) error {
	response, body, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return refusal(http.MethodGet, path, response.StatusCode, body)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("cannot read heketi's answer to GET %s: %w", path, err)
	}
	return nil
}

// do has heketi do something, and waits until it is done.
func (c *Client) do(ctx context.Context, method, path string, request any) (body []byte, err error) {
	response, body, err := c.send(ctx, method, path, request)
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode == http.StatusAccepted:
		return nil, c.await(ctx, method+" "+path, response.Header.Get("Location"))
	case response.StatusCode >= http.StatusBadRequest:
		return nil, refusal(method, path, response.StatusCode, body)
	}
	return body, nil
}

// await waits for the end of a job. Its end is told once it is saved.
func (c *Client) await(ctx context.Context, request, job string) error {
	ctx, cancel := context.WithTimeout(ctx, jobBound)
	defer cancel()
	for pause := pollFirst; ; pause = min(2*pause, pollAtMost) {
		response, body, err := c.send(ctx, http.MethodGet, job, nil)
		switch {
		case err != nil:
			return err
		case response.StatusCode == http.StatusNoContent || response.StatusCode == http.StatusSeeOther:
			return nil
		case response.StatusCode == http.StatusOK || response.StatusCode == http.StatusServiceUnavailable:
			// It still works, or what it has done is not saved yet.
		default:
			return &Error{Request: request, Status: response.StatusCode, Said: strings.TrimSpace(string(body))}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("heketi has not finished %s: %w", request, ctx.Err())
		case <-time.After(pause):
		}
	}
}

func refusal(method, path string, status int, body []byte) error {
	return &Error{Request: method + " " + path, Status: status, Said: strings.TrimSpace(string(body))}
}

func (c *Client) send(ctx context.Context, method, path string, content any) (*http.Response, []byte, error) {
	var body io.Reader = http.NoBody
	if content != nil {
		text, err := json.Marshal(content)
		if err != nil {
			return nil, nil, err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, path, body)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	keys, err := c.keys()
	if err != nil {
		return nil, nil, err
	}
	if err := tokens.Sign(request, tokens.Admin, keys[tokens.Admin]); err != nil {
		return nil, nil, err
	}
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("heketi's answer to %s %s is broken off: %w", method, path, err)
	}
	return response, answer, nil
}
