package gateway

import (
	"bytes"
	"io"
	"net/http"
)

// Inside returns the way of the keeper's own requests. They are answered as those of clients
// are, once what they change is saved.
func (g *Gateway) Inside() http.RoundTripper { return inside{g} }

type inside struct{ gateway *Gateway }

// RoundTrip answers a request without a connection.
func (i inside) RoundTrip(request *http.Request) (*http.Response, error) {
	// What ReverseProxy passes on is a server's request, whose body is never nil.
	served := request.Clone(request.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	defer served.Body.Close()
	written := &written{header: http.Header{}}
	i.gateway.ServeHTTP(written, served)
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(written.status), StatusCode: written.status,
		Proto: request.Proto, ProtoMajor: request.ProtoMajor, ProtoMinor: request.ProtoMinor,
		Header: written.header, Body: io.NopCloser(&written.body), ContentLength: int64(written.body.Len()),
		Request: request,
	}, nil
}

// written is an answer.
type written struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (w *written) Header() http.Header { return w.header }

func (w *written) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *written) Write(part []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(part)
}
