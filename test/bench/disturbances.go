package bench

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
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

// passOn has the server answer the request, even if the sender of a request that
// changes something gives up.
func (x *proxied) passOn() *http.Response {
	ctx := x.request.Context()
	if x.request.Method != http.MethodGet {
		ctx = context.WithoutCancel(ctx)
	}
	request, err := http.NewRequestWithContext(ctx, x.request.Method, x.proxy.passesTo()+x.request.URL.RequestURI(), x.request.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	request.Header = x.request.Header.Clone()
	request.ContentLength = x.request.ContentLength
	response, err := x.proxy.transport.RoundTrip(request)
	if err != nil {
		// The server is away; so is the proxy then.
		panic(http.ErrAbortHandler)
	}
	return response
}

// relay passes the request on and sends the server's answer back as it comes,
// once before has returned, if there is a before.
func (x *proxied) relay(before func()) {
	response := x.passOn()
	defer response.Body.Close()
	if before != nil {
		before()
	}
	x.sendBack(response)
}

// sendBack sends the server's answer back as it comes.
func (x *proxied) sendBack(response *http.Response) {
	for name, values := range response.Header {
		x.writer.Header()[name] = values
	}
	x.writer.WriteHeader(response.StatusCode)
	_ = http.NewResponseController(x.writer).Flush()
	_, _ = io.Copy(flushing{x.writer}, response.Body)
}

// flushing sends at once what is written: an API server's watch writes now and
// then, and never ends.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(part []byte) (int, error) {
	written, err := f.ResponseWriter.Write(part)
	return written, errors.Join(err, http.NewResponseController(f.ResponseWriter).Flush())
}

// wait holds the request until the disturbance ends or its sender gives up.
func (x *proxied) wait(bound <-chan time.Time) {
	select {
	case <-x.disturbance.released:
	case <-x.request.Context().Done():
	case <-bound:
	}
}

// Hold keeps a request from the server until the disturbance ends; if its sender
// has given up by then, the server never gets it.
func Hold(x *proxied) {
	x.wait(nil)
	if x.request.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
	x.relay(nil)
}

// HoldAnswer passes a request on and keeps the answer back.
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

// Cut breaks the connection; the server never gets the request.
func Cut(*proxied) { panic(http.ErrAbortHandler) }

// LoseAnswer passes a request on, and breaks the connection before the answer.
func LoseAnswer(x *proxied) {
	_ = x.passOn().Body.Close()
	panic(http.ErrAbortHandler)
}

// Answer answers in the server's place; the server never gets the request.
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

// DelayAnswer passes requests on, and keeps the answers back for a while.
func DelayAnswer(pause time.Duration) Action {
	return func(x *proxied) {
		x.relay(func() {
			timer := time.NewTimer(pause)
			defer timer.Stop()
			x.wait(timer.C)
		})
	}
}

// ArriveLate passes a request on only some time after its sender has given it up,
// as happens to one that waits in a server's buffers.
func ArriveLate(lateness time.Duration) Action {
	return func(x *proxied) {
		<-x.request.Context().Done()
		time.Sleep(lateness)
		_ = x.passOn().Body.Close()
	}
}

// ShiftClock passes requests on, and has the answers say that the server's clock is ahead by
// that much, or behind if it is negative.
func ShiftClock(ahead time.Duration) Action {
	return func(x *proxied) {
		response := x.passOn()
		defer response.Body.Close()
		response.Header.Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		x.sendBack(response)
	}
}

// After passes on as many requests as are given, and does the action with those that follow.
func After(requests int, action Action) Action {
	var seen atomic.Int64
	return func(x *proxied) {
		if seen.Add(1) <= int64(requests) {
			x.relay(nil)
			return
		}
		action(x)
	}
}
