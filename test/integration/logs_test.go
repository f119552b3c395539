package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/documented"
)

// logLine is a line of a log, as text or as JSON. Errors in a text may go over several lines.
type logLine struct {
	message, text string
	fields        map[string]any // of one in JSON
}

var logHead = regexp.MustCompile(`(?m)^(?:[IWEF]\d{4} [^\]\n]*\] |\{)`)

// logLines are those of a log that have a message and keys, but for a last one that was not written
// to its end, since the process was killed.
func logLines(log string) (lines []logLine) {
	log = log[:strings.LastIndex(log, "\n")+1]
	heads := logHead.FindAllStringIndex(log, -1)
	for i, head := range heads {
		end := len(log)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		line := logLine{text: log[head[0]:end]}
		if strings.HasPrefix(line.text, "{") {
			if json.Unmarshal([]byte(line.text), &line.fields) == nil {
				line.message, _ = line.fields["msg"].(string)
			}
		} else if quoted := log[head[1]:end]; strings.HasPrefix(quoted, `"`) {
			line.message, _, _ = strings.Cut(quoted[1:], `"`)
		}
		lines = append(lines, line)
	}
	return lines
}

func (l logLine) has(key string) bool {
	if l.fields != nil {
		_, there := l.fields[key]
		return there
	}
	return strings.Contains(l.text, " "+key+"=")
}

// isOf says whether a line is about a claim.
func (l logLine) isOf(claim *v1.PersistentVolumeClaim) bool {
	name := claim.Namespace + "/" + claim.Name
	if l.fields != nil {
		return l.fields["claim"] == name
	}
	return strings.Contains(l.text, fmt.Sprintf(" claim=%q", name))
}

// stepKeys are the keys that docs/logs.md promises of each step in the life of a volume.
func stepKeys(t *testing.T) map[string][]string {
	t.Helper()
	keys := map[string][]string{}
	for _, row := range documented.Table(t, "logs.md", "line of the provisioner", "when", "keys besides") {
		for _, message := range documented.Words(row["line of the provisioner"]) {
			keys[message] = append([]string{"claim", "persistentVolume", "class", "heketi"}, documented.Words(row["keys besides"])...)
		}
	}
	return keys
}

// checkLog holds what a provisioner has logged of the steps in the life of volumes against docs/logs.md.
func checkLog(t *testing.T, p *provisioner) {
	t.Helper()
	promised := stepKeys(t)
	for _, line := range logLines(p.Output()) {
		for _, key := range promised[line.message] {
			if !line.has(key) {
				t.Errorf("a line has no key %q:\n%s", key, line.text)
			}
		}
	}
}

// expectLogged waits until a provisioner has logged such lines of a claim.
func expectLogged(t *testing.T, p *provisioner, claim *v1.PersistentVolumeClaim, messages ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		lines := logLines(p.Output())
		for _, message := range messages {
			if !slices.ContainsFunc(lines, func(l logLine) bool { return l.message == message && l.isOf(claim) }) {
				return fmt.Errorf("the log does not say %q of claim %s/%s", message, claim.Namespace, claim.Name)
			}
		}
		return nil
	})
}
