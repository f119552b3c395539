package e2e

import (
	"testing"
	"time"
)

// databaseClass is the class of examples/class-database.yaml.
const databaseClass = "glusterfs-database"

// TestDatabase runs a database on a claim of the class that the examples have for it. While
// it writes, one thing after the other breaks. No row is missing that it has acknowledged, and
// it finds nothing wrong with its files.
func TestDatabase(t *testing.T) {
	needsPlugin(t)
	needsDatabase(t)
	makeDatabaseClass(t)
	server := installMariaDB(t, "ledger")
	writer := server.startWriting(t)
	for _, fault := range []struct {
		name string
		play func(*testing.T, *rowWriter)
	}{
		{"ProcessIsKilled", killProcess},
		{"PodIsKilled", killPod},
		{"KubeletRestarts", writeWithoutKubelet},
		{"PluginIsUpgraded", upgradePlugin},
		{"HostsAreOff", switchHostsOff},
		{"HostDoesNotAnswer", cutHostOff},
		{"ClaimGrowsWhileItWrites", growWriting},
		{"ClaimGrowsWhileItIsStopped", growStopped},
	} {
		t.Run(fault.name, func(t *testing.T) {
			start := time.Now()
			fault.play(t, writer)
			writer.waitForMore(t)
			writer.tell(t, start)
			writer.checkNoneIsMissing(t)
			writer.checkTable(t)
			server.checkLog(t, start)
		})
	}
	writer.checkAtRest(t)
}

// tell tells how it went since a time.
func (w *rowWriter) tell(t *testing.T, start time.Time) {
	t.Helper()
	rows, pause := w.since(start)
	t.Logf("%d rows in %s, the longest pause %s", rows, time.Since(start).Round(time.Second), pause.Round(10*time.Millisecond))
}

// checkAtRest stops the server and checks its files, and that it starts again with all of its rows.
func (w *rowWriter) checkAtRest(t *testing.T) {
	t.Helper()
	w.end()
	w.server.stop(t)
	checkPages(t, w.server)
	checkReplicas(t, w.server)
	start := time.Now()
	w.server.set(t, "replicas=1")
	w.server.waitReady(t)
	w.checkNoneIsMissing(t)
	w.server.checkLog(t, start)
}

// makeDatabaseClass applies the example of a class for databases, which goes with the test.
func makeDatabaseClass(t *testing.T) {
	t.Helper()
	if _, err := env.person.Runs(t.Context(), "kubectl apply -f examples/class-database.yaml"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kubectlAfter(t, "delete", "storageclass", databaseClass) })
}
