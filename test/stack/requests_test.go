package stack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

// request is one of heketi to the API server, as its audit log has it.
type request struct {
	Verb                     string
	Stage                    string
	RequestURI               string
	ObjectRef                struct{ Resource, Subresource string }
	RequestReceivedTimestamp time.Time
	StageTimestamp           time.Time
}

func (r request) took() time.Duration { return r.StageTimestamp.Sub(r.RequestReceivedTimestamp) }

// command is what a command is that heketi runs in a pod; empty for other requests.
func (r request) command() string {
	if r.ObjectRef.Subresource != "exec" {
		return ""
	}
	address, err := url.Parse(r.RequestURI)
	if err != nil {
		return r.RequestURI
	}
	// timeout 10m bash -c COMMAND
	words := address.Query()["command"]
	words = strings.Fields(words[len(words)-1])
	switch name := path.Base(words[0]); name {
	case "lvm-wrapper":
		return "lvm " + words[2]
	case "gluster":
		words = slices.DeleteFunc(words[1:], func(word string) bool { return strings.HasPrefix(word, "-") })
		return "gluster " + strings.Join(words[:min(2, len(words))], " ")
	default:
		return name
	}
}

// requestsBetween are heketi's requests for pods that were made and answered in a time.
func requestsBetween(t *testing.T, start, end time.Time) []request {
	t.Helper()
	file, err := os.Open(env.requests.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var found []request
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.ObjectRef.Resource == "pods" && r.Stage == "ResponseComplete" && r.RequestReceivedTimestamp.After(start) && r.StageTimestamp.Before(end) {
			found = append(found, r)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// describeRequests says what heketi asked the API server for, per volume, and how long its commands took.
func describeRequests(requests []request, volumes int, took time.Duration) string {
	var lookups int
	var inCommands time.Duration
	byCommand := map[string][]time.Duration{}
	for _, r := range requests {
		command := r.command()
		if command == "" {
			lookups++
			continue
		}
		inCommands += r.took()
		byCommand[command] = append(byCommand[command], r.took())
	}
	commands := len(requests) - lookups
	var text strings.Builder
	fmt.Fprintf(&text, "%.1f lookups of pods for a volume, %.1f a second; %.1f commands for a volume, which took %s together, and %s of each one\n",
		float64(lookups)/float64(volumes), float64(lookups)/took.Seconds(), float64(commands)/float64(volumes),
		(inCommands / time.Duration(volumes)).Round(time.Millisecond), (inCommands / time.Duration(max(commands, 1))).Round(time.Millisecond))
	for _, name := range slices.Sorted(maps.Keys(byCommand)) {
		fmt.Fprintf(&text, "| `%s` | %.1f | %s |\n", name, float64(len(byCommand[name]))/float64(volumes), median(byCommand[name]).Round(time.Millisecond))
	}
	return text.String()
}

// median is the one in the middle, of which there is one at least.
func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
