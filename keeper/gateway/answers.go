package gateway

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// keepFor is how long the end of a job is told again. heketi itself tells it once.
	keepFor = 10 * time.Minute
	// keepAtMost is of how many jobs it is told again; far more than heketi has at a time.
	keepAtMost = 1000
	// longestAnswer is how much is kept of an answer, in bytes. It is a line of text.
	longestAnswer = 64 << 10
)

// answers are heketi's to those who asked for jobs that have ended. heketi forgets a job with its
// answer. If the database cannot be saved then, or the answer is lost, the client asks again.
type answers struct {
	// asking is held while heketi is asked for a job.
	asking sync.Mutex

	mu   sync.Mutex
	kept map[string]answer
}

type answer struct {
	status int
	header http.Header
	body   []byte
	at     time.Time
}

// of returns the answer of a job that has ended; false if none is known.
func (a *answers) of(job string) (answer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	found, is := a.kept[job]
	return found, is && time.Since(found.at) < keepFor
}

// keep remembers the answer of a job that has ended.
func (a *answers) keep(job string, one answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget()
	one.at = time.Now()
	a.kept[job] = one
}

// forget makes room.
func (a *answers) forget() {
	var oldest string
	for job, one := range a.kept {
		if time.Since(one.at) >= keepFor {
			delete(a.kept, job)
		} else if oldest == "" || one.at.Before(a.kept[oldest].at) {
			oldest = job
		}
	}
	if len(a.kept) >= keepAtMost {
		delete(a.kept, oldest)
	}
}

// answerJob tells what has become of a job, and of its end only once the database is saved.
func (g *Gateway) answerJob(w http.ResponseWriter, r *http.Request, user, job string) {
	// Whoever gives up must not have heketi forget the end of the job.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), changeBound)
	defer cancel()
	g.forward(w, r.WithContext(ctx), user, jobTransport{g, job}, func(response *http.Response) error {
		if !hasEnded(response.StatusCode) {
			if g.unsaved.movesBricks(job) {
				_ = g.save(ctx) // It is told of where it fails, and tried again with the next question.
			}
			return nil
		}
		g.unsaved.end(job)
		return g.saved(ctx)
	})
}

// jobTransport answers requests for a job, by heketi unless that has told its end already.
type jobTransport struct {
	gateway *Gateway
	job     string
}

// RoundTrip asks heketi for no more than one job at a time: of two that ask for the same one, the
// second would be told that there is none.
func (j jobTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	kept := &j.gateway.answers
	kept.asking.Lock()
	defer kept.asking.Unlock()
	if known, is := kept.of(j.job); is {
		return known.response(request), nil
	}
	response, err := j.gateway.heketi.Transport().RoundTrip(request)
	if err != nil || !hasEnded(response.StatusCode) {
		return response, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return nil, err
	}
	ended := answer{status: response.StatusCode, header: response.Header, body: body}
	kept.keep(j.job, ended)
	return ended.response(request), nil
}

// response is the answer once more.
func (a answer) response(request *http.Request) *http.Response {
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status,
		Proto: request.Proto, ProtoMajor: request.ProtoMajor, ProtoMinor: request.ProtoMinor,
		Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
		Request: request,
	}
}
