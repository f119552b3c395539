package keeper

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// wire carries connections to the API server as they are, with TLS and HTTP/2.
type wire struct {
	listener net.Listener
	// dead are how many of the connections carry nothing any more, counted from the first one.
	dead, made atomic.Int64
}

// newWire lays a wire that carries until the test ends.
func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{listener: must[net.Listener](t)((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))}
	t.Cleanup(func() { _ = w.listener.Close() })
	go func() {
		for {
			near, err := w.listener.Accept()
			if err != nil {
				return
			}
			go w.carry(t.Context(), near, w.made.Add(1))
		}
	}()
	return w
}

func (w *wire) url() string { return "https://" + w.listener.Addr().String() }

// cut has the connections that there are carry nothing any more. Neither side is told.
func (w *wire) cut() { w.dead.Store(w.made.Load()) }

func (w *wire) carry(ctx context.Context, near net.Conn, number int64) {
	defer near.Close()
	far, err := (&net.Dialer{}).DialContext(ctx, "tcp", env.cluster.APIServerAddress())
	if err != nil {
		return
	}
	defer far.Close()
	ended := make(chan struct{}, 2)
	for _, way := range []struct{ to, from net.Conn }{{far, near}, {near, far}} {
		go func() {
			_, _ = io.Copy(carrying{w, number, way.to}, way.from)
			ended <- struct{}{}
		}()
	}
	<-ended
}

// carrying writes what a connection carries, unless that is dead.
type carrying struct {
	wire   *wire
	number int64
	to     io.Writer
}

func (c carrying) Write(part []byte) (int, error) {
	if c.number <= c.wire.dead.Load() {
		return len(part), nil
	}
	return c.to.Write(part)
}

// TestFaultConnectionsAreDead loses the connections to the API server so that nobody is told, as when one of several API servers
// loses its power. The keeper keeps the Lease by new ones: heketi, which is healthy, goes on.
func TestFaultConnectionsAreDead(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	p := newPlace(t, nil)
	p.kubeconfig = kubeconfigAt(t, p.namespace, w.url())
	k := p.start(t, t.TempDir(), "--leader-elect-lease-duration=15s", "--leader-elect-renew-deadline=12s")
	addNodes(t, k.client(t))
	create(t, k.client(t), "first")
	w.cut()
	since := time.Now().Add(time.Second) // What was on its way has arrived by then.
	bench.Eventually(t, soon, func(ctx context.Context) error {
		select {
		case <-k.Ended():
			return bench.Final(errors.New("the keeper has ended"))
		default:
		}
		lease, err := env.client.CoordinationV1().Leases(p.namespace).Get(ctx, "heketi-keeper", metav1.GetOptions{})
		if err == nil && !lease.Spec.RenewTime.After(since) {
			err = errors.New("the Lease is not renewed")
		}
		return err
	})
	expectVolumes(t, k.client(t), "first")
}
