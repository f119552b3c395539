package bench

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Action is what a Proxy does with a request.
type Action func(exchange *proxied)

// proxied is one request on its way.
type proxied struct {
	proxy       *Proxy
	disturbance *Disturbance
	writer      http.ResponseWriter
	request     *http.Request
}

// passOn has heketi answer the request, even if its sender gives up.
func (x *proxied) passOn() *http.Response {
	request, err := http.NewRequestWithContext(context.WithoutCancel(x.request.Context()), x.request.Method, x.proxy.target()+x.request.URL.Path, x.request.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	request.Header = x.request.Header.Clone()
	request.ContentLength = x.request.ContentLength
	response, err := x.proxy.client.Transport.RoundTrip(request)
	if err != nil {
		// heketi is away; so is the proxy then.
		panic(http.ErrAbortHandler)
	}
	return response
}

// relay passes the request on and sends heketi's answer back, once before has
// returned, if there is a before.
func (x *proxied) relay(before func()) {
	response := x.passOn()
	defer response.Body.Close()
	if before != nil {
		before()
	}
	for name, values := range response.Header {
		x.writer.Header()[name] = values
	}
	x.writer.WriteHeader(response.StatusCode)
	_, _ = io.Copy(x.writer, response.Body)
}

// wait holds the request until the disturbance ends or its sender gives up.
func (x *proxied) wait(bound <-chan time.Time) {
	select {
	case <-x.disturbance.released:
	case <-x.request.Context().Done():
	case <-bound:
	}
}

// Hold keeps a request from heketi until the disturbance ends; if its sender has
// given up by then, heketi never gets it.
func Hold(x *proxied) {
	x.wait(nil)
	if x.request.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
	x.relay(nil)
}

// HoldAnswer passes a request on and keeps heketi's answer back.
func HoldAnswer(x *proxied) {
	x.relay(func() { x.wait(nil) })
}

// PassOn only counts.
func PassOn(x *proxied) { x.relay(nil) }

// Delay passes requests on after a while.
func Delay(pause time.Duration) Action {
	return func(x *proxied) {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		x.wait(timer.C)
		x.relay(nil)
	}
}

// Cut breaks the connection; heketi never gets the request.
func Cut(*proxied) { panic(http.ErrAbortHandler) }

// LoseAnswer passes a request on, and breaks the connection before the answer.
func LoseAnswer(x *proxied) {
	_ = x.passOn().Body.Close()
	panic(http.ErrAbortHandler)
}

// Answer answers in heketi's place; heketi never gets the request.
func Answer(status int, text string) Action {
	return func(x *proxied) { http.Error(x.writer, text, status) }
}

// PassOnAndAnswer passes a request on, and answers something else.
func PassOnAndAnswer(status int, text string) Action {
	return func(x *proxied) {
		_ = x.passOn().Body.Close()
		http.Error(x.writer, text, status)
	}
}
