package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"glusterfs-provisioner/test/e2e/gluster"
)

// TestBricksChaos makes, grows and deletes several claims while heketi, provisioners and
// hosts break at random steps. SEED makes a run begin the same way again; MINUTES is how
// long it goes on.
func TestBricksChaos(t *testing.T) {
	length := time.Duration(number(t, "MINUTES", 0)) * time.Minute
	if length == 0 {
		t.Skip("MINUTES is not set")
	}
	seed := uint64(number(t, "SEED", time.Now().UnixNano()))
	t.Logf("SEED=%d, for %v", seed, length)
	prepareBricks(t)
	c := &bricksChaos{random: rand.New(rand.NewPCG(seed, 0)), was: presentNow(t)}
	for end := time.Now().Add(length); time.Now().Before(end) && !t.Failed(); {
		c.round(t)
	}
	for _, k := range c.keepers {
		remove(t, k.namespace, "pod/keeper", "pvc/data")
	}
	eventuallySame(t, c.was)
}

func number(t *testing.T, variable string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	number, err := strconv.ParseInt(text, 10, 64)
	must(t, err)
	return number
}

// manyKeepers is how many volumes there are at most. Bricks of that many have room in the
// memory of a small machine.
const manyKeepers = 4

// largest is the size in GiB that a volume grows to.
const largest = 4

// bricksChaos has volumes with pods that count on them.
type bricksChaos struct {
	random  *rand.Rand
	was     state
	keepers []*keeper
	made    int
}

// round begins an operation, has something break at one of its steps, and waits until all
// is well again.
func (c *bricksChaos) round(t *testing.T) {
	t.Helper()
	switch n := c.random.IntN(3); {
	case n == 0 && len(c.keepers) < manyKeepers || len(c.keepers) == 0:
		c.create(t)
	case n == 1:
		c.delete(t)
	default:
		c.expand(t)
	}
	if c.random.IntN(3) == 0 {
		t.Log("all hosts are switched off and on")
		cutPower(t)
	}
	for _, k := range c.keepers {
		k.check(t)
		checkWhole(t, k.namespace, k.gib)
	}
}

func (c *bricksChaos) create(t *testing.T) {
	t.Helper()
	c.made++
	namespace := fmt.Sprintf("bricks-chaos-%d", c.made)
	makeNamespace(t, namespace)
	c.breakAt(t, "create "+namespace, stepsOfCreating, func() {
		makeClaim(t, claim{namespace: namespace, name: "data", class: bricksClass})
	})
	k := startKeeper(t, namespace)
	k.fill(t, "first", 10, 256)
	c.keepers = append(c.keepers, k)
}

func (c *bricksChaos) expand(t *testing.T) {
	t.Helper()
	k := c.keepers[c.random.IntN(len(c.keepers))]
	if k.gib == largest {
		return
	}
	c.breakAt(t, "expand "+k.namespace, stepsOfExpanding, func() { raise(t, k.namespace, k.gib+1) })
	k.gib++
	if waitGrownOrHalfDone(t, k.namespace, k.gib) {
		k.fill(t, fmt.Sprintf("at-%d", k.gib), 10, 64)
		mend(t)
		waitGrown(t, k.namespace, k.gib)
	}
	k.fill(t, fmt.Sprintf("with-%d", k.gib), 10, 64)
}

func (c *bricksChaos) delete(t *testing.T) {
	t.Helper()
	i := c.random.IntN(len(c.keepers))
	k := c.keepers[i]
	remove(t, k.namespace, "pod/keeper")
	c.breakAt(t, "delete "+k.namespace, stepsOfDeleting, func() {
		kubectl(t, "delete", "pvc", "data", "--namespace="+k.namespace, "--wait=false")
	})
	c.keepers = append(c.keepers[:i], c.keepers[i+1:]...)
	eventually(t, func(ctx context.Context) error { return checkVolumesGone(ctx, k.namespace) })
}

// breakAt has something break at a step that an operation has for certain.
func (c *bricksChaos) breakAt(t *testing.T, operation string, steps []step, begin func()) {
	t.Helper()
	s := steps[c.random.IntN(len(steps))]
	breakages := []breakage{heketiKilled, provisionersKilled, glusterdPaused, hostUnplugged}
	if s.moment == gluster.Before {
		breakages = append(breakages, commandLate)
	}
	b := breakages[c.random.IntN(len(breakages))]
	t.Logf("%s: %s %s", operation, b.name, s.name())
	atStep(t, s, b, begin)
}
