package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestDatabaseFolder starts a database whose image sets the mode of its data folder. A volume's root
// belongs to root, so that this is refused there, and in a subPath, which kubelet makes; it is allowed
// in a folder that the database itself makes.
func TestDatabaseFolder(t *testing.T) {
	needsPlugin(t)
	needsDatabase(t)
	makeDatabaseClass(t)
	start := time.Now()
	server := makeMariaDB(t, "folder", "folder=")
	server.waitUntilRefused(t)
	server.change(t, "subPath=sub")
	server.waitUntilRefused(t)
	server.change(t, "folder=data")
	server.waitReady(t)
	if got := server.shell(t, "stat -c '%u %a' /var/lib/mysql/data"); got != "999 2700" {
		t.Errorf("the data folder has the owner and mode %q", got)
	}
	server.checkLog(t, start)
}

// change changes values of a server that is not ready: Kubernetes replaces its pod only when the pod
// is deleted.
func (d mariadb) change(t *testing.T, values ...string) {
	t.Helper()
	d.set(t, values...)
	kubectl(t, "delete", "pod", d.pod(), "--namespace="+d.name, "--wait")
}

// waitUntilRefused waits until the mode of the data folder cannot be set.
func (d mariadb) waitUntilRefused(t *testing.T) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		log, err := try(ctx, "logs", "--namespace="+d.name, d.pod())
		if err == nil && !strings.Contains(log, "Operation not permitted") {
			err = fmt.Errorf("the server logs %q, want that its data folder's mode cannot be set", log)
		}
		return err
	})
}
