package e2e

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	// connections is how many rows are written at a time.
	connections = 4
	// rowBound is how long one row may take: longer than gluster waits for a host that does not
	// answer, which is 42 s by default.
	rowBound = 2 * time.Minute
	// retryInterval is the pause after a row that was not acknowledged.
	retryInterval = 100 * time.Millisecond
)

// rowWriter writes rows to a MariaDB, and remembers which were acknowledged.
type rowWriter struct {
	server   mariadb
	database *sql.DB
	// end has it write no more, and returns when it does not.
	end func()

	mutex        sync.Mutex
	last         int64
	acknowledged []acknowledgment
	// failure is why the last row failed that did.
	failure string
}

type acknowledgment struct {
	number int64
	at     time.Time
}

// open connects to the server wherever its pod is.
func (d mariadb) open(t *testing.T) *sql.DB {
	t.Helper()
	config := mysql.NewConfig()
	config.User, config.Passwd, config.Net = "writer", "writer", "tcp"
	config.Timeout, config.ReadTimeout, config.WriteTimeout = 5*time.Second, rowBound, rowBound
	config.Logger = &mysql.NopLogger{}
	config.DialFunc = func(ctx context.Context, network, _ string) (net.Conn, error) {
		address, err := d.address(ctx)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	database := sql.OpenDB(connector)
	database.SetMaxIdleConns(connections + 1)
	t.Cleanup(func() {
		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})
	return database
}

// startWriting makes the table and writes rows until end is called, or the test ends.
func (d mariadb) startWriting(t *testing.T) *rowWriter {
	t.Helper()
	w := &rowWriter{server: d, database: d.open(t)}
	eventually(t, func(ctx context.Context) error {
		_, err := w.database.ExecContext(ctx, makeRows)
		return err
	})
	w.start(t)
	return w
}

// start writes rows, also after end was called.
func (w *rowWriter) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	for range connections {
		writing.Go(func() {
			for ctx.Err() == nil {
				w.writeRow(ctx)
			}
		})
	}
	w.end = func() {
		cancel()
		writing.Wait()
	}
	t.Cleanup(w.end)
	w.waitForMore(t)
}

func (w *rowWriter) writeRow(ctx context.Context) {
	number := w.next()
	_, err := w.database.ExecContext(ctx, "INSERT INTO ledger.written VALUES (?, ?)", number, contentOf(number))
	if err == nil {
		w.acknowledge(number)
		return
	}
	w.fail(err)
	select {
	case <-ctx.Done():
	case <-time.After(retryInterval):
	}
}

// next is a number that no row has had, even one of which is not known whether it was written.
func (w *rowWriter) next() int64 {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.last++
	return w.last
}

func (w *rowWriter) acknowledge(number int64) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.acknowledged = append(w.acknowledged, acknowledgment{number, time.Now()})
}

func (w *rowWriter) fail(err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.failure = err.Error()
}

// waitForMore waits until as many more rows are acknowledged as are written at a time, and one:
// that one was begun after the call.
func (w *rowWriter) waitForMore(t *testing.T) {
	t.Helper()
	want := w.count() + connections + 1
	eventually(t, func(context.Context) error {
		if count := w.count(); count < want {
			return fmt.Errorf("%d rows are acknowledged, want %d; at last: %s", count, want, w.lastFailure())
		}
		return nil
	})
}

func (w *rowWriter) count() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return len(w.acknowledged)
}

func (w *rowWriter) lastFailure() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return cmp.Or(w.failure, "none failed")
}

// since returns the rows that were acknowledged after a time, and the longest pause between two.
func (w *rowWriter) since(start time.Time) (rows int, pause time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	last := start
	for _, row := range w.acknowledged {
		if row.at.Before(start) {
			continue
		}
		rows++
		pause, last = max(pause, row.at.Sub(last)), row.at
	}
	return rows, max(pause, time.Since(last))
}
