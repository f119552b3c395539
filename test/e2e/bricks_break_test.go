package e2e

import (
	"context"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/gluster"
)

// stepBound is how long it may take until heketi comes to a step.
const stepBound = time.Minute

// hold has the next command held that a step names, and cancels it with the test.
func hold(t *testing.T, options gluster.HoldOptions) *gluster.Hold {
	t.Helper()
	held, err := env.hosts.Hold(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := held.Cancel(ctx); err != nil {
			t.Error(err)
		}
	})
	return held
}

// reach waits until a command is held, and returns its host.
func reach(t *testing.T, held *gluster.Hold) *gluster.Host {
	t.Helper()
	name, err := held.Reached(t.Context(), stepBound)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range env.hosts.All() {
		if host.Name() == name {
			return host
		}
	}
	t.Fatalf("there is no host %q", name)
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// killHeketi kills heketi while a command is held, which then never runs, or ends without
// anybody to hear of it, and starts heketi again.
func killHeketi(t *testing.T, held *gluster.Hold, s step) {
	t.Helper()
	must(t, env.heketi.Kill())
	if s.moment == gluster.Before {
		must(t, held.Drop(t.Context()))
	} else {
		must(t, held.Release(t.Context()))
	}
	must(t, env.heketi.Start(t.Context()))
}

// late is how long after heketi's restart a command begins that heketi was killed in.
const late = 3 * time.Second

// killHeketiEarly kills heketi and starts it again while a command is held, which runs
// after that, as one does that is slow to begin.
func killHeketiEarly(t *testing.T, held *gluster.Hold, _ step) {
	t.Helper()
	must(t, env.heketi.Kill())
	must(t, env.heketi.Start(t.Context()))
	pause(t, late)
	must(t, held.Release(t.Context()))
}

// killProvisioners ends all provisioners at once while a command is held, and lets heketi
// go on when others have been started.
func killProvisioners(t *testing.T, held *gluster.Hold, _ step) {
	t.Helper()
	kubectl(t, "delete", "pods", "--namespace="+ourNamespace, "--selector=app.kubernetes.io/name=glusterfs-provisioner", "--grace-period=0", "--force")
	kubectl(t, "rollout", "status", "--namespace="+ourNamespace, "deployment/glusterfs-provisioner", "--timeout="+patience.String())
	must(t, held.Release(t.Context()))
}

// outage is how long a host does not answer: longer than a request to heketi may take, and
// than what gluster does at a step usually takes.
const outage = 15 * time.Second

// pauseGlusterd has another host's glusterd not answer for a while as the command goes on.
func pauseGlusterd(t *testing.T, held *gluster.Hold, _ step) {
	t.Helper()
	host := anotherHost(reach(t, held))
	must(t, host.PauseGlusterd(t.Context()))
	t.Cleanup(func() { _ = host.ResumeGlusterd(context.Background()) })
	must(t, held.Release(t.Context()))
	pause(t, outage)
	must(t, host.ResumeGlusterd(t.Context()))
}

// unplugHost takes another host off the network for a while as the command goes on.
func unplugHost(t *testing.T, held *gluster.Hold, _ step) {
	t.Helper()
	host := anotherHost(reach(t, held))
	must(t, host.Unplug(t.Context()))
	t.Cleanup(func() { _ = host.Plug(context.Background()) })
	must(t, held.Release(t.Context()))
	pause(t, outage)
	must(t, host.Plug(t.Context()))
}

// loseAnswer has heketi take a command for failed that has run, as when its connection to
// the host breaks. heketi undoes at once what it has done, and does not ask gluster.
func loseAnswer(t *testing.T, held *gluster.Hold, _ step) {
	t.Helper()
	must(t, held.Drop(t.Context()))
}

func anotherHost(than *gluster.Host) *gluster.Host {
	for _, host := range env.hosts.All() {
		if host != than {
			return host
		}
	}
	return nil
}

// pause lets time pass, as what is broken stays so for a while.
func pause(t *testing.T, while time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), while)
	defer cancel()
	<-ctx.Done()
	must(t, t.Context().Err())
}

// breakage is what happens while a command is held.
type breakage struct {
	name string
	do   func(*testing.T, *gluster.Hold, step)
	// undone says that heketi tries to undo the operation: it takes bricks out of fstab, so
	// that no host may be restarted before that is mended.
	undone bool
}

var (
	heketiKilled       = breakage{name: "HeketiKilled", do: killHeketi}
	commandLate        = breakage{name: "CommandLate", do: killHeketiEarly}
	provisionersKilled = breakage{name: "ProvisionersKilled", do: killProvisioners}
	glusterdPaused     = breakage{name: "GlusterdPaused", do: pauseGlusterd}
	hostUnplugged      = breakage{name: "HostUnplugged", do: unplugHost}
	answerLost         = breakage{name: "AnswerLost", do: loseAnswer, undone: true}
)

// atStep has something break at a step of what begin begins.
func atStep(t *testing.T, s step, b breakage, begin func()) {
	t.Helper()
	held := hold(t, gluster.HoldOptions{Command: s.command, Moment: s.moment})
	begin()
	host := reach(t, held)
	t.Logf("%s on %s", held, host.Name())
	b.do(t, held, s)
}

// eventuallySame waits until everything is as it was.
func eventuallySame(t *testing.T, before state) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		now, err := present(ctx)
		if err != nil {
			return err
		}
		return checkSame(before, now)
	})
}

// presentNow is what there is now.
func presentNow(t *testing.T) state {
	t.Helper()
	var now state
	if err := bench.UntilEvery(t.Context(), pace, patience, func(ctx context.Context) (err error) {
		now, err = present(ctx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return now
}
