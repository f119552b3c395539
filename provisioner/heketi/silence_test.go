package heketi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// mute is a heketi that gives no answers while it is so told.
type mute struct{ now atomic.Bool }

func (m *mute) unless(answer answer) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		if m.now.Load() {
			silent(w, r)
			return
		}
		answer(w, r)
	}
}

// deletions are answers to count deletions, of volumes "0" to count-1, that m may
// withhold.
func (m *mute) deletions(count int) answers {
	a := answers{poll: {gone}}
	for i := range count {
		a[fmt.Sprintf("DELETE /volumes/%d", i)] = []answer{m.unless(accepted(jobPath))}
	}
	return a
}

// Whoever waits holds a worker, which another heketi may need.
func TestNobodyWaitsForAHeketiThatGaveNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 200
		var m mute
		m.now.Store(true)
		s := playInMemory(t, m.deletions(count))
		client := s.connect(DefaultConfig())
		begun := time.Now()
		deleteAll(t.Context(), []*Client{client}, count, func(err error) {
			expectError(t, err, ErrUnavailable, errors.Is(err, ErrInterrupted), "no answer within 30s")
		})
		// But for those that found out.
		expectTook(t, begun, 30*time.Second, 30*time.Second+time.Millisecond)

		time.Sleep(silencePause + time.Millisecond)
		var others sync.WaitGroup
		others.Go(func() { _ = client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"}) })
		synctest.Wait()
		begun = time.Now()
		for range 20 {
			expectError(t, client.Delete(t.Context(), Ref{ID: "1", Name: "pvc-1", Cluster: "c1"}), ErrUnavailable, certain, "one request at a time")
		}
		expectTook(t, begun, 0, 0)
		others.Wait()
		expectTook(t, begun, 30*time.Second, 30*time.Second)
	})
}

func TestAHeketiThatAnswersAgainIsUsedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 20
		var m mute
		m.now.Store(true)
		client := playInMemory(t, m.deletions(count)).connect(DefaultConfig())
		expectError(t, client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"}), ErrUnavailable, doubtful, "no answer within 30s")
		m.now.Store(false)
		time.Sleep(silencePause + time.Millisecond)
		for i := range count {
			if err := client.Delete(t.Context(), Ref{ID: fmt.Sprint(i), Name: "pvc-1", Cluster: "c1"}); err != nil {
				t.Errorf("deletion %d: %v", i, err)
			}
		}
	})
}

// A probe can end in other ways than with an answer or without one in time.
func TestAProbeThatIsGivenUpIsNotTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m mute
		m.now.Store(true)
		client := playInMemory(t, m.deletions(1)).connect(DefaultConfig())
		_ = client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"})
		time.Sleep(silencePause + time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		expectError(t, client.Delete(ctx, Ref{ID: "0", Name: "pvc-1", Cluster: "c1"}), ErrUnavailable, doubtful, context.DeadlineExceeded.Error())
		m.now.Store(false)
		if err := client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"}); err != nil {
			t.Errorf("got %v after a probe that was given up, want none", err)
		}
	})
}

// expectSilent checks that a heketi has just been found to give no answers.
func expectSilent(t *testing.T, client *Client) {
	t.Helper()
	begun := time.Now()
	expectError(t, show(t.Context(), client), ErrUnavailable, certain, "one request at a time")
	expectTook(t, begun, 0, 0)
}

// A server behind TLS hangs before anything is sent.
func TestAHandshakeWithoutAnEndIsNoAnswer(t *testing.T) {
	for _, timeout := range []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute} {
		inABubble(t, timeout.String(), func(t *testing.T) {
			p := newPipes()
			config := DefaultConfig()
			config.RequestTimeout = timeout
			client := mustConnect(t, NewConnector(config), Credentials{URL: "https://heketi.test:8080", User: adminUser, Key: adminKey})
			client.transport.DialContext, client.transport.Proxy = p.dial, nil
			go func() {
				if conn, err := p.Accept(); err == nil {
					_, _ = io.Copy(io.Discard, conn) // It never says anything.
				}
			}()
			begun := time.Now()
			expectError(t, create(t.Context(), client), ErrUnavailable, certain, "no answer within "+timeout.String())
			expectTook(t, begun, timeout, timeout)
			expectSilent(t, client)
			time.Sleep(timeout) // Until the transport gives up, too.
		})
	}
}

// The kernel may give up before a request does, or the network's name server.
func TestEveryTimeoutIsNoAnswer(t *testing.T) {
	for what, failure := range map[string]error{
		"connecting":      &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ETIMEDOUT},
		"the dialer":      &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded},
		"the name server": &net.DNSError{Err: "i/o timeout", Name: "heketi.test", IsTimeout: true},
	} {
		inABubble(t, what, func(t *testing.T) {
			client := playInMemory(t, nil).connect(DefaultConfig())
			client.transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, failure }
			expectError(t, show(t.Context(), client), ErrUnavailable, certain, failure.Error())
			expectSilent(t, client)
		})
	}
	inABubble(t, "unless it is the caller's", func(t *testing.T) {
		client := playInMemory(t, answers{get: {slowly(10*time.Second, shows(made()))}}).connect(DefaultConfig())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		expectError(t, show(ctx, client), ErrUnavailable, certain, context.DeadlineExceeded.Error())
		if err := show(t.Context(), client); err != nil {
			t.Errorf("got %v, want none", err)
		}
	})
}
