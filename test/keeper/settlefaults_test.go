package keeper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

// TestFaultKeeperKilledWhileSettling kills a keeper at each step of finishing an expansion that gluster has, and of undoing a
// create of which gluster has nothing. The next one, in the same folder or elsewhere, has it settled.
func TestFaultKeeperKilledWhileSettling(t *testing.T) {
	t.Parallel()
	const secret, record = "/secrets/heketi-database", "/configmaps/heketi-database"
	for name, test := range map[string]struct {
		operation string
		// It is killed at a write of this object, after so many of them, before the write arrives or after; without an
		// object while storage hosts are asked.
		object    string
		after     int
		when      bench.Action
		elsewhere bool
	}{
		"finishing, while hosts are asked":        {operation: expanding},
		"finishing, while hosts are asked, moved": {operation: expanding, elsewhere: true},
		"finishing, before it is saved":           {expanding, secret, 1, bench.Hold, false},
		"finishing, before it is saved, moved":    {expanding, secret, 1, bench.Hold, true},
		"finishing, when it is saved":             {expanding, secret, 1, bench.HoldAnswer, true},
		"finishing, before that is recorded":      {expanding, record, 0, bench.Hold, true},
		"finishing, when that is recorded":        {expanding, record, 0, bench.HoldAnswer, false},
		"undoing, while hosts are asked":          {operation: creating},
		"undoing, before it is saved":             {creating, secret, 2, bench.Hold, false},
		"undoing, before it is saved, moved":      {creating, secret, 2, bench.Hold, true},
		"undoing, when it is saved":               {creating, secret, 2, bench.HoldAnswer, true},
		"undoing, before that is recorded":        {creating, record, 1, bench.Hold, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := newProxy(t)
			p, folder := interruptedIn(t, test.operation, proxy)
			has, want := all, map[string]int{"first": 1, "second": 2}
			if test.operation == creating {
				has, want = settled, map[string]int{"first": 1}
			}
			answers := hostsTell(t, databaseIn(t, folder), has)
			if test.object == "" {
				killedWhileHostsAreAsked(t, p, folder, answers)
			} else {
				p.configure(t, answers...)
				disturbed := proxy.Disturb(http.MethodPut, test.object, bench.After(test.after, test.when))
				k := p.launch(t, folder)
				bench.Eventually(t, soon, func(context.Context) error {
					if disturbed.Seen() <= test.after {
						return fmt.Errorf("it has written %d times", disturbed.Seen())
					}
					return nil
				})
				k.kill(t)
				proxy.Calm()
			}
			if test.elsewhere {
				folder = t.TempDir()
			}
			k := p.start(t, folder)
			expectSettled(t, k, want)
			if left, err := filepath.Glob(filepath.Join(folder, "offline-*")); err != nil || len(left) > 0 {
				t.Errorf("copies of the database are left: %q, %v", left, err)
			}
		})
	}
}

// killedWhileHostsAreAsked starts a keeper whose storage hosts hang, and kills it when heketi asks them.
func killedWhileHostsAreAsked(t *testing.T, p *place, folder string, answers []bench.Fault) {
	t.Helper()
	hang := filepath.Join(t.TempDir(), "hang")
	if err := os.WriteFile(hang, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.configure(t, append([]bench.Fault{{Command: "volume info --xml", Pause: 10 * time.Minute, While: hang}}, answers...)...)
	k := p.launch(t, folder)
	bench.Eventually(t, soon, func(context.Context) error {
		// heketi that serves nobody has its configuration there, or else it has started, and is asked itself.
		offline, err := filepath.Glob(filepath.Join(folder, "offline-*", "heketi.json"))
		if err == nil && len(offline) == 0 && !k.hasStarted(t) {
			err = errors.New("hosts are not asked")
		}
		return err
	})
	k.kill(t)
	if err := os.Remove(hang); err != nil {
		t.Fatal(err)
	}
}

// hasStarted says whether heketi answers.
func (k *keeper) hasStarted(t *testing.T) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/hello", k.heketiPort), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}
