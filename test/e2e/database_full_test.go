package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// leftRoom is how much of the volume is left to the database before it is filled, in KiB.
const leftRoom = 40 << 10

// TestDatabaseFull has a database write until its volume is full, and then grows its claim as
// docs/databases.md tells: while it is stopped. Each row that was acknowledged is there, and it goes on writing.
func TestDatabaseFull(t *testing.T) {
	needsPlugin(t)
	needsDatabase(t)
	makeDatabaseClass(t)
	w := installMariaDB(t, "full").startWriting(t)
	start := time.Now()
	w.fillVolume(t)
	w.server.stop(t)
	w.server.grow(t, "2Gi")
	w.server.set(t, "replicas=1")
	// A file stays on its bricks, which are as full as before. A table that is written anew gets
	// new files, and gluster puts these where there is room.
	eventually(t, func(ctx context.Context) error {
		_, err := w.database.ExecContext(ctx, "ALTER TABLE ledger.written FORCE")
		return err
	})
	w.waitForMore(t)
	w.tell(t, start)
	w.checkNoneIsMissing(t)
	w.checkTable(t)
	w.checkAtRest(t)
}

// fillVolume writes until the database says that there is no room, and rows fail.
func (w *rowWriter) fillVolume(t *testing.T) {
	t.Helper()
	w.server.shell(t, fmt.Sprintf(
		"free=$(df -k --output=avail /var/lib/mysql | tail -n 1) && fallocate -l $((free - %d))K /var/lib/mysql/filler", leftRoom))
	_, err := w.database.ExecContext(t.Context(), "CREATE TABLE ledger.ballast (content LONGBLOB)")
	for err == nil {
		_, err = w.database.ExecContext(t.Context(), "INSERT INTO ledger.ballast VALUES (REPEAT('x', 1 << 20))")
	}
	t.Logf("the volume is full, and the database says: %v", err)
	eventually(t, func(ctx context.Context) error {
		number := w.next()
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if _, err := w.database.ExecContext(ctx, "INSERT INTO ledger.written VALUES (?, ?)", number, contentOf(number)); err == nil {
			w.acknowledge(number)
			return fmt.Errorf("the row %d was still written", number)
		}
		return nil
	})
}
