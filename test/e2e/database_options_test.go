package e2e

import (
	"context"
	"testing"
	"time"
)

// measured is for how long rows are counted.
const measured = 30 * time.Second

// TestDatabaseOptions compares the class that the examples have for databases with one without any
// options. Both lose nothing while a host does not answer, but the database of the former goes on after
// 10 s instead of 42.
func TestDatabaseOptions(t *testing.T) {
	needsPlugin(t)
	needsDatabase(t)
	makeDatabaseClass(t)
	makeClass(t, "without-options", nil)
	with, without := installMariaDB(t, "with").startWriting(t), installMariaDB(t, "without", "class=without-options").startWriting(t)
	with.end()
	without.end()
	for w, name := range map[*rowWriter]string{with: "with the options", without: "without them"} {
		t.Logf("%s: %d rows in %s", name, w.measure(t), measured)
	}
	with.start(t)
	without.start(t)
	host := env.hosts.All()[1]
	start := time.Now()
	if err := host.Unplug(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Plug(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, w := range []*rowWriter{with, without} {
		w.waitForMore(t)
	}
	_, short := with.since(start)
	_, long := without.since(start)
	t.Logf("a host does not answer: the longest pause is %s with the options, %s without", short.Round(time.Second), long.Round(time.Second))
	if short >= long {
		t.Errorf("the options do not make the pause shorter: %s, without them %s", short, long)
	}
	if err := host.Plug(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*rowWriter{with, without} {
		w.server.waitHealed(t)
		w.checkNoneIsMissing(t)
		w.checkTable(t)
		w.server.checkLog(t, start)
	}
}

// measure counts the rows that are acknowledged while nothing else is written.
func (w *rowWriter) measure(t *testing.T) (rows int) {
	t.Helper()
	w.start(t)
	start := time.Now()
	time.Sleep(measured)
	rows, _ = w.since(start)
	w.end()
	return rows
}
