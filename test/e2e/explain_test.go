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
	if !t.Failed() {
		return
	}
	// The test's own context has ended.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, args := range [][]string{
		{"get", "pods,pvc,pv,endpoints", "-A", "-o", "wide"},
		{"get", "events", "-A", "--field-selector=type=Warning", "--sort-by=.lastTimestamp", "-o",
			"custom-columns=LAST:.lastTimestamp,KIND:.involvedObject.kind,NAME:.involvedObject.name,MESSAGE:.message"},
		{"logs", "-n", ourNamespace, "-l", "app.kubernetes.io/name=glusterfs-provisioner", "--prefix", fmt.Sprintf("--tail=%d", logLines)},
	} {
		output, err := try(ctx, args...)
		t.Logf("$ kubectl %s\n%s\n%v", strings.Join(args, " "), output, err)
	}
	for _, name := range []string{"heketi.log", "kubelet.log", "gfs1/glusterd.log"} {
		text, err := os.ReadFile(filepath.Join(env.logs, name))
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		t.Logf("the end of %s:\n%s\n%v", name, strings.Join(lines[max(0, len(lines)-logLines):], "\n"), err)
	}
}
