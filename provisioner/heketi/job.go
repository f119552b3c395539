package heketi

import (
	"errors"
	"net/http"
	"time"
)

// awaitJob polls an operation's job until heketi tells its outcome, and returns that
// answer. The answer to a finished create is the volume, to which heketi redirects. Broken
// connections and gateway errors are borne for as long as one request may take. Then the
// last of them is returned.
func (e *exchange) awaitJob(request *http.Request) (*http.Response, error) {
	failingSince, redirects := time.Time{}, 0
	pause := pollPause(time.Since(e.begun), e.lately)
	for {
		if err := sleep(e.ctx, pause); err != nil {
			return nil, err
		}
		pause = pollPause(time.Since(e.begun), e.lately)
		if err := e.sign(request, nil); err != nil {
			return nil, err
		}
		response, err := e.send(request)
		switch {
		case err != nil || isGatewayError(response.StatusCode):
			if failingSince.IsZero() {
				failingSince = time.Now()
			}
			if e.ctx.Err() != nil || time.Since(failingSince) > e.config.RequestTimeout {
				return response, err
			}
			if response != nil {
				discard(response)
			}
			pause = max(pause, jittered(200*time.Millisecond))
		case response.Header.Get("X-Pending") == "true" && response.StatusCode == http.StatusOK:
			failingSince = time.Time{}
			discard(response)
		case response.StatusCode == http.StatusSeeOther:
			// The job has told its outcome and is forgotten. From here on the volume has
			// to be asked for.
			next, err := redirected(request, response)
			if err != nil {
				return nil, err
			}
			if redirects++; redirects > 1 {
				return nil, errors.New("its answers lead in a circle")
			}
			request, pause, failingSince = next, 0, time.Time{}
		default:
			return response, nil
		}
	}
}

func isGatewayError(status int) bool {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return true
	}
	return false
}

// redirected returns the request that an answer points to. It keeps to the
// same heketi, because the request carries its token.
func redirected(request *http.Request, response *http.Response) (*http.Request, error) {
	location, err := response.Location()
	discard(response)
	if err != nil {
		return nil, err
	}
	if location.Host != request.URL.Host || location.Scheme != request.URL.Scheme {
		return nil, errors.New("redirected to another host, " + location.Host)
	}
	return http.NewRequestWithContext(request.Context(), http.MethodGet, location.String(), nil)
}
