package integration

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

// shortChaos is how long the run takes when MINUTES is not set.
const shortChaos = 30 * time.Second

// TestFaultChaos makes and deletes claims while faults come at random. SEED makes
// a run begin the same way again; MINUTES makes it longer.
func TestFaultChaos(t *testing.T) {
	t.Parallel()
	seed := uint64(number(t, "SEED", time.Now().UnixNano()))
	length := time.Duration(number(t, "MINUTES", 0)) * time.Minute
	if length == 0 {
		length = shortChaos
	}
	t.Logf("SEED=%d, for %v", seed, length)
	apiServer, through := apiServerProxy(t)
	c := &chaos{
		scene:     newScene(t, sceneOptions{gids: 1000, flags: append([]string{through}, fastTimes...)}),
		apiServer: apiServer,
		random:    rand.New(rand.NewPCG(seed, 0)),
	}
	c.replicas = append(c.replicas, launch(t, c.provisioner().name, c.options.flags...))
	for end := time.Now().Add(length); time.Now().Before(end); {
		c.act(t)
	}
	c.calm()
	c.checkPromises(t)
	c.unclaim(t)
	c.checkPromises(t)
	t.Logf("%d claims were made", c.made)
}

func number(t *testing.T, variable string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	return must[int64](t)(strconv.ParseInt(text, 10, 64))
}

// chaos is a scene in which anything may happen. It has two replicas, which reach
// the API server through a proxy.
type chaos struct {
	*scene
	apiServer *bench.Proxy
	random    *rand.Rand
	made      int
}

// act does one thing at random.
func (c *chaos) act(t *testing.T) {
	t.Helper()
	switch n := c.random.IntN(20); {
	case n < 9:
		for range 1 + c.random.IntN(4) {
			c.claims = append(c.claims, newClaim(t, c.namespace, c.class, "1Gi"))
			c.made++
		}
	case n < 14:
		if len(c.claims) > 0 {
			i := c.random.IntN(len(c.claims))
			deleteClaim(t, c.claims[i])
			c.claims = append(c.claims[:i], c.claims[i+1:]...)
		}
	case n < 16:
		c.disturbHeketi()
	case n < 17:
		c.disturbAPIServer()
	case n < 18:
		if err := c.heketi.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := c.heketi.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	case n < 19:
		if err := c.replicas[c.random.IntN(len(c.replicas))].Kill(); err != nil {
			t.Fatal(err)
		}
	default:
		c.calm()
	}
	c.wait(t)
}

// calm ends what the proxies do.
func (c *chaos) calm() {
	c.proxy.Calm()
	c.apiServer.Calm()
}

// disturbAPIServer lets something happen to what the provisioner writes, its Lease
// included, from now on.
func (c *chaos) disturbAPIServer() {
	actions := []bench.Action{
		bench.Cut, bench.LoseAnswer, bench.Delay(500 * time.Millisecond), bench.DelayAnswer(3 * time.Second),
		bench.Answer(403, "forbidden"), bench.Answer(429, "too many requests"), bench.Answer(500, "something broke"),
		bench.PassOnAndAnswer(504, "timed out"),
	}
	objects := []string{"/services", "/endpoints", "/persistentvolumes", "/configmaps", "/leases"}
	methods := []string{"POST", "PUT", "PATCH", "DELETE"}
	path := objects[c.random.IntN(len(objects))] + "(/|$)"
	action := actions[c.random.IntN(len(actions))]
	c.apiServer.Disturb(methods[c.random.IntN(len(methods))], path, action)
}

// disturbHeketi lets something happen to the requests to heketi from now on.
func (c *chaos) disturbHeketi() {
	actions := []bench.Action{
		bench.Cut, bench.LoseAnswer, bench.Delay(500 * time.Millisecond), bench.Delay(3 * time.Second), bench.Hold, bench.HoldAnswer,
		bench.Answer(429, "Server busy. Retry operation later."), bench.Answer(500, "something broke"), bench.Answer(502, "bad gateway"),
		bench.PassOnAndAnswer(504, "timed out"),
	}
	requests := []struct{ method, path string }{
		{"POST", "^/volumes$"}, {"DELETE", "^/volumes/"}, {"GET", "^/queue/"}, {"GET", "^/volumes/"}, {"GET", "^/db/dump$"}, {"GET", "^/clusters"},
	}
	request := requests[c.random.IntN(len(requests))]
	action := actions[c.random.IntN(len(actions))]
	// Only the queue forgets. A gateway that passes a create on and then says 404
	// does not exist, and a 404 with heketi's words to a DELETE is heketi's word.
	if request.path == "^/queue/" && c.random.IntN(4) == 0 {
		action = bench.PassOnAndAnswer(404, "Id not found")
	}
	c.proxy.Disturb(request.method, request.path, action)
}

// wait lets a little time pass, so that what was done meets work under way, and
// brings replicas back that have ended.
func (c *chaos) wait(t *testing.T) {
	t.Helper()
	<-time.After(time.Duration(c.random.IntN(300)) * time.Millisecond)
	c.revive(t)
}
