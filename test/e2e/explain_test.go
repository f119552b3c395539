package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// logLines is how much of each log is shown.
const logLines = 30

// explain prints, if the test failed, what one would look at first.
func explain(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	// The test's own context has ended.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, args := range [][]string{
		{"get", "pods,pvc,pv,endpoints,configmaps", "-A", "-o", "wide"},
		{"get", "events", "-A", "--field-selector=type=Warning", "--sort-by=.lastTimestamp", "-o",
			"custom-columns=LAST:.lastTimestamp,KIND:.involvedObject.kind,NAME:.involvedObject.name,MESSAGE:.message"},
		{"logs", "-n", ourNamespace, "-l", "app.kubernetes.io/name=glusterfs-provisioner", "--prefix", fmt.Sprintf("--tail=%d", logLines)},
		{"logs", "-n", pluginNamespace, "-l", pluginLabel, "--prefix", fmt.Sprintf("--tail=%d", logLines)},
	} {
		output, err := try(ctx, args...)
		t.Logf("$ kubectl %s\n%s", strings.Join(args, " "), orError(lastLines(output, 2*logLines), err))
	}
	logs := []string{"heketi.log", "kubelet.log"}
	for _, host := range env.hosts.All() {
		logs = append(logs, host.Name()+"/glusterd.log")
	}
	for _, name := range logs {
		text, err := os.ReadFile(filepath.Join(env.logs, name))
		t.Logf("the end of %s:\n%s", name, orError(lastLines(string(text), logLines), err))
	}
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}

func orError(text string, err error) string {
	if err != nil {
		return text + "\n" + err.Error()
	}
	return text
}
