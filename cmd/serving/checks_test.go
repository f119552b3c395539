package serving

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

// serve answers a path when one check of each kind may fail.
func serve(t *testing.T, path string, live, ready error) (status int, body string) {
	t.Helper()
	check := func(name string, err error) Check {
		return Check{Name: name, Ask: func(*http.Request) error { return err }}
	}
	recorder := httptest.NewRecorder()
	handler(Options{}, Checks{Live: []Check{check("lease", live), check("work", nil)}, Ready: []Check{check("takeover", ready)}}).
		ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return recorder.Code, recorder.Body.String()
}

func TestChecks(t *testing.T) {
	lost, busy := errors.New("the Lease is lost"), errors.New("taking over")
	for path, test := range map[string]struct {
		live, ready error
		status      int
		body        string
	}{
		"/livez":                       {nil, busy, 200, "ok\n"},
		"/healthz":                     {nil, busy, 200, "ok\n"},
		"/readyz":                      {lost, nil, 200, "ok\n"},
		"/livez?verbose":               {nil, busy, 200, "[+]ping ok\n[+]lease ok\n[+]work ok\nlivez check passed\n"},
		"/readyz?verbose":              {lost, nil, 200, "[+]ping ok\n[+]takeover ok\nreadyz check passed\n"},
		"/livez?":                      {lost, nil, 500, "[+]ping ok\n[-]lease failed: the Lease is lost\n[+]work ok\nlivez check failed\n"},
		"/healthz?verbose=":            {lost, nil, 500, "[+]ping ok\n[-]lease failed: the Lease is lost\n[+]work ok\nhealthz check failed\n"},
		"/readyz?x":                    {nil, busy, 503, "[+]ping ok\n[-]takeover failed: taking over\nreadyz check failed\n"},
		"/livez?verbose&exclude=lease": {lost, nil, 200, "[+]ping ok\n[+]lease excluded: ok\n[+]work ok\nlivez check passed\n"},
		"/livez/work":                  {lost, nil, 200, "ok\n"},
		"/livez/lease":                 {lost, nil, 500, "[-]lease failed: the Lease is lost\nlivez check failed\n"},
		"/livez/none":                  {nil, nil, 404, "404 page not found\n"},
	} {
		if status, body := serve(t, path, test.live, test.ready); status != test.status || body != test.body {
			t.Errorf("%s: got %d %q, want %d %q", path, status, body, test.status, test.body)
		}
	}
}
