package gateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// longestRequest is how much a request may carry, in bytes. heketi's requests are a few lines of JSON.
	longestRequest = 1 << 20
	// answerBound is how long a client may take for an answer that is ready. The whole database is the longest one.
	answerBound = 5 * time.Minute
)

// gatherRequest reads what a request carries before heketi gets it. heketi reads only what is announced to it.
func gatherRequest(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestRequest))
	if err != nil {
		return fmt.Errorf("the request is not whole, and nothing was begun: %w", err)
	}
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	return nil
}

// gatherAnswer reads heketi's answer before the client gets it. heketi reads its database until the answer is
// taken, such as that to GET /backup/db, and cannot make the file larger meanwhile, so that a slow client would
// hold up all changes.
func gatherAnswer(response *http.Response) error {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("heketi's answer is broken off: %w", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// startAnswer lets the answer to a request take as long as heketi and the save take.
func startAnswer(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // The keeper's own requests have no connection.
}

// boundAnswer ends the connection of a client that does not take an answer that is ready.
func boundAnswer(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerBound)) // As above.
}
