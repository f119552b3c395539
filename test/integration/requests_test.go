package integration

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// writing are the verbs of requests that change something.
var writing = []string{"create", "update", "patch", "delete", "deletecollection"}

// requestLog is what the API server logs of the provisioner's requests from a
// moment on.
type requestLog struct{ from int64 }

func requestsFromNow(t *testing.T) requestLog {
	t.Helper()
	info, err := os.Stat(auditLog().Path())
	if err != nil {
		t.Fatal(err)
	}
	return requestLog{info.Size()}
}

// writes returns the writes since then whose "verb resource namespace/name" has
// all the texts. The leader's Lease, which is renewed all the time, is left out.
func (l requestLog) writes(t *testing.T, texts ...string) []string {
	t.Helper()
	file, err := os.Open(auditLog().Path())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Seek(l.from, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	var found []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct {
			Verb      string
			ObjectRef struct{ Resource, Namespace, Name string }
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue // The last line may not be complete yet.
		}
		said := fmt.Sprintf("%s %s %s/%s", event.Verb, event.ObjectRef.Resource, event.ObjectRef.Namespace, event.ObjectRef.Name)
		if slices.Contains(writing, event.Verb) && event.ObjectRef.Resource != "leases" && containsAll(said, texts) {
			found = append(found, said)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func list(requests []string) string { return strings.Join(requests, "\n") }
