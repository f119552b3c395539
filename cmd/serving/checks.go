package serving

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"k8s.io/component-base/metrics/prometheus/slis"
)

// Check is one thing that is asked of the process.
type Check struct {
	// Name tells it from others, in small letters and dashes.
	Name string
	// Ask returns why something is not as it should be. It has to answer within a few seconds.
	Ask func(*http.Request) error
}

// Checks tell of the process.
type Checks struct {
	// Live are asked by /livez and /healthz: if one fails, the process should be started anew.
	Live []Check
	// Ready are asked by /readyz.
	Ready []Check
}

// ping is a check that shows that the process answers at all.
var ping = Check{Name: "ping", Ask: func(*http.Request) error { return nil }}

// endpoint is a path at which checks are asked, in the way of Kubernetes' components: all of
// them at the path itself, or one of them below it. Without ?verbose nothing is told of checks
// that succeed. ?exclude=NAME leaves one out.
type endpoint struct {
	path   string
	checks []Check
	// status is that of an answer that tells of a failure.
	status int
}

// install has a server answer at the endpoint.
func (e endpoint) install(on *http.ServeMux) {
	on.HandleFunc(e.path, func(w http.ResponseWriter, r *http.Request) {
		e.answer(w, r, e.checks)
	})
	for _, check := range e.checks {
		on.HandleFunc(e.path+"/"+check.Name, func(w http.ResponseWriter, r *http.Request) {
			e.answer(w, r, []Check{check})
		})
	}
}

func (e endpoint) answer(w http.ResponseWriter, r *http.Request, checks []Check) {
	query := r.URL.Query()
	excluded := query["exclude"]
	_, verbose := query["verbose"]
	var told strings.Builder
	failed := false
	for _, check := range checks {
		if slices.Contains(excluded, check.Name) {
			fmt.Fprintf(&told, "[+]%s excluded: ok\n", check.Name)
			continue
		}
		err := check.Ask(r)
		e.count(r.Context(), check.Name, err)
		if err != nil {
			failed = true
			fmt.Fprintf(&told, "[-]%s failed: %v\n", check.Name, err)
			continue
		}
		fmt.Fprintf(&told, "[+]%s ok\n", check.Name)
	}
	name := strings.TrimPrefix(e.path, "/")
	switch {
	case failed:
		http.Error(w, told.String()+name+" check failed", e.status)
	case verbose:
		fmt.Fprint(w, told.String()+name+" check passed\n")
	default:
		fmt.Fprintln(w, "ok")
	}
}

// count counts a check in /metrics/slis.
func (e endpoint) count(ctx context.Context, check string, err error) {
	status := slis.Success
	if err != nil {
		status = slis.Error
	}
	_ = slis.ObserveHealthcheck(ctx, check, strings.TrimPrefix(e.path, "/"), status) // never fails
}
