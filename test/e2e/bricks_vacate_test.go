package e2e

import (
	"fmt"
	"testing"
)

// TestBricksNodeIsEmptied has heketi move all bricks off a host while claims are made and
// grow. Nothing is lost, and in the end each claim has what it asked for.
func TestBricksNodeIsEmptied(t *testing.T) {
	prepareBricks(t)
	namespace := namespaceFor(t)
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	k := startKeeper(t, namespace)
	k.fill(t, "first", 20, 256)
	added := addHost(t, 3)
	old := env.hosts.All()[2]
	if old == added {
		t.Fatal("the host that was added is the one to be emptied")
	}
	moved := make(chan error, 1)
	node := nodeOf(t, old.Address())
	heketiCLI(t, "node", "disable", node.Id)
	go func() {
		_, err := env.heketi.CLI(t.Context(), "node", "remove", node.Id)
		moved <- err
	}()
	raise(t, namespace, 2)
	for i := range 4 {
		makeClaim(t, claim{namespace: namespace, name: fmt.Sprintf("more-%d", i), class: bricksClass})
	}
	if err := <-moved; err != nil {
		t.Fatal(err)
	}
	checkWhole(t, namespace, 2)
	for i := range 4 {
		volumeOf(t, namespace, fmt.Sprintf("more-%d", i))
	}
	k.check(t)
	k.goesOn(t)
	checkFindings(t)
	forgetHost(t, node)
}
