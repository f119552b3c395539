package e2e

import (
	"testing"
	"time"
)

// TestDatabaseNodeDies has the node lose its power that a database runs on, while rows are written.
// When Kubernetes is told of it, the server is started on another node, recovers, and has each row
// that was acknowledged.
func TestDatabaseNodeDies(t *testing.T) {
	needsPlugin(t)
	needsDatabase(t)
	makeDatabaseClass(t)
	machine := startSecondNode(t)
	server := installMariaDB(t, "moving", "node="+secondNode)
	writer := server.startWriting(t)
	writer.waitForMore(t)
	start := time.Now()
	if err := machine.Off(); err != nil {
		t.Fatal(err)
	}
	loseNode(t, secondNode, "moving")
	server.waitReady(t)
	writer.waitForMore(t)
	writer.tell(t, start)
	server.checkRecovered(t, start)
	writer.checkNoneIsMissing(t)
	writer.checkTable(t)
	server.checkLog(t, start)
	writer.checkAtRest(t)
}
