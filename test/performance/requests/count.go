package requests

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Count is how often each request was made, such as "create persistentvolumes" of
// the API server and "POST /volumes" of heketi.
type Count map[string]int

// Sum returns how many requests there were of those that fit, or of all if fits is
// nil.
func (c Count) Sum(fits func(request string) bool) int {
	sum := 0
	for request, count := range c {
		if fits == nil || fits(request) {
			sum += count
		}
	}
	return sum
}

// Names returns the requests, sorted.
func (c Count) Names() []string { return slices.Sorted(maps.Keys(c)) }

// Writes says whether a request of the API server changes something there.
func Writes(request string) bool {
	verb, _, _ := strings.Cut(request, " ")
	return slices.Contains([]string{"create", "update", "patch", "delete"}, verb)
}

// OfAPIServer counts the requests, by "verb resource", that an audit log has of
// clients whose user agent holds the given text. Requests for a Lease and watches
// go on at rest and are left out.
func OfAPIServer(auditLog, userAgent string) (Count, error) {
	count := Count{}
	err := eachLine(auditLog, func(line []byte) error {
		var event struct {
			Verb, UserAgent string
			ObjectRef       struct{ Resource, Subresource string }
		}
		if err := json.Unmarshal(line, &event); err != nil {
			return err
		}
		resource := event.ObjectRef.Resource
		if !strings.Contains(event.UserAgent, userAgent) || resource == "" || resource == "leases" || event.Verb == "watch" {
			return nil
		}
		if event.ObjectRef.Subresource != "" {
			resource += "/" + event.ObjectRef.Subresource
		}
		count[event.Verb+" "+resource]++
		return nil
	})
	return count, err
}

// served is how heketi 10.3 logs a request: with the status of its answer, the
// method and the path (the default format of urfave/negroni's logger).
var served = regexp.MustCompile(`^\[negroni\] \S+ \| (\d+) \| .* \| ([A-Z]+) (/[a-z]+)`)

// Busy counts, besides, the requests that heketi answered 429, and Refused those that it
// answered with another error, such as that there is no space.
const (
	Busy    = "429"
	Refused = "refused"
)

// Dump is a request for all that heketi's database has.
const Dump = "GET /db"

// OfHeketi counts the requests that a heketi's log has, by method and the path's
// first part, and as Busy and Refused those of them that it answered so.
func OfHeketi(serverLog string) (Count, error) {
	count := Count{}
	err := eachLine(serverLog, func(line []byte) error {
		found := served.FindSubmatch(line)
		if found == nil {
			return nil
		}
		count[string(found[2])+" "+string(found[3])]++
		switch status := string(found[1]); {
		case status == Busy:
			count[Busy]++
		case status >= "400":
			count[Refused]++
		}
		return nil
	})
	return count, err
}

// Asked says whether a count of OfHeketi is one of requests, and not of answers. How often
// heketi is asked whether it is done tells how long it took, and is left out.
func Asked(request string) bool {
	return request != Busy && request != Refused && request != "GET /queue"
}

// Since returns what was counted besides an earlier count.
func (c Count) Since(before Count) Count {
	since := Count{}
	for request, count := range c {
		if count > before[request] {
			since[request] = count - before[request]
		}
	}
	return since
}

func eachLine(path string, do func([]byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := do(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}
