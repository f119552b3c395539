package gateway

import (
	"net/http"
	"strings"
)

// queue is where heketi tells of what it does in the background, by the id of a job.
const queue = "/queue/"

// isOpen says that heketi answers a request whoever has sent it, see main.go of heketi.
func isOpen(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.URL.Path == "/hello" || r.URL.Path == "/metrics")
}

// jobOf returns the job that a request asks for.
func jobOf(r *http.Request) (job string, is bool) {
	if r.Method != http.MethodGet {
		return "", false
	}
	return strings.CutPrefix(r.URL.Path, queue)
}

// movesBricks says that a request may have heketi move bricks. It chooses where to only when it has answered.
func movesBricks(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	return strings.HasPrefix(r.URL.Path, "/bricks/to-evict/") || strings.HasPrefix(r.URL.Path, "/devices/") && strings.HasSuffix(r.URL.Path, "/state")
}

// hasEnded says that a job is over by heketi's answer: done, with or without something to look at, or failed.
// heketi tells it once, and forgets the job.
func hasEnded(status int) bool {
	return status == http.StatusNoContent || status == http.StatusSeeOther || status == http.StatusInternalServerError
}

// mayChange says that a request may change the database. GET /devices/{id}/resync is the one that does
// not look like it.
func mayChange(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasSuffix(r.URL.Path, "/resync")
}
