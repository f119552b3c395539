package csi

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/node/logs"
	"glusterfs-provisioner/test/bench"
)

// logOf is where the client of a volume writes its log.
func logOf(v glusterVolume) string {
	cluster, id, _ := strings.Cut(v.handle, ":")
	return filepath.Join("/var/log/glusterfs", logs.Name(cluster, id))
}

// TestLogsAreTidied has a volume that was used, one that could not be mounted, and one that is
// in use, whose log is too long. All are as of yesterday.
func TestLogsAreTidied(t *testing.T) {
	p := startPlugin(t, "--client-log-size=64Ki")
	used, failed, inUse := newVolume(t), newVolume(t), newVolume(t)
	p.use(t, used, "pod")
	p.end(t, used, "pod")
	waitForNoClient(t, p.stagingPath(used))
	failed.attributes["volume"] = "nobodys"
	if err := p.stage(t.Context(), failed); err == nil {
		t.Fatal("a volume is mounted that is not there")
	}
	write(t, p.use(t, inUse, "pod"), "file")
	file, err := os.OpenFile(logOf(inUse), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(strings.Repeat("[x] I [x.c:1:x] 0-x: a line\n", 10_000)); err != nil {
		t.Fatal(err)
	}
	for _, v := range []glusterVolume{used, failed, inUse} {
		yesterday := time.Now().Add(-24 * time.Hour)
		if err := os.Chtimes(logOf(v), yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	p.restart(t)
	bench.Eventually(t, patience, func(context.Context) error {
		if _, err := os.Stat(logOf(used)); !os.IsNotExist(err) {
			return fmt.Errorf("the log of a volume that nobody uses is there: %w", err)
		}
		info, err := os.Stat(logOf(inUse))
		if err != nil {
			return bench.Final(err)
		}
		if info.Size() > 64<<10 {
			return fmt.Errorf("the log has %d bytes", info.Size())
		}
		return nil
	})
	if text, err := os.ReadFile(logOf(failed)); err != nil || !strings.Contains(string(text), "failed to get the 'volume file' from server") {
		t.Errorf("nothing tells why mounting has failed: %q, %v", text, err)
	}
	mustHaveFile(t, p.targetPath(inUse, "pod"))
}
