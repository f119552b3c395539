package limit

import (
	"sync/atomic"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"golang.org/x/sync/errgroup"
)

// Rival is somebody else who uses a heketi as much as it allows: as many callers
// as it takes operations, each of which makes a volume and deletes it, over and
// over, and after a 429 tries again a second or two later.
type Rival struct {
	caller *Caller
	stop   atomic.Bool
	turns  atomic.Int64
	all    errgroup.Group
}

// StartRival starts a rival at the heketi of that URL, who makes volumes in one of
// its clusters.
func StartRival(url, key, cluster string) *Rival {
	r := &Rival{caller: &Caller{cluster: cluster, client: newClient(url, key, gcli.ClientOptions{
		PollDelay: poll, RetryEnabled: true, RetryCount: 1 << 20, RetryMinDelay: 1, RetryMaxDelay: 2,
	})}}
	for range Callers {
		r.all.Go(r.call)
	}
	return r
}

func (r *Rival) call() error {
	for !r.stop.Load() {
		id, err := r.caller.create(0, 1)
		if err != nil {
			return err
		}
		if err := r.caller.client.VolumeDelete(id); err != nil {
			return err
		}
		r.turns.Add(2)
	}
	return nil
}

// Operations returns how many creations and deletions it got through.
func (r *Rival) Operations() int64 { return r.turns.Load() }

// Stop ends it when the operations under way have ended, and returns what went
// wrong, if anything.
func (r *Rival) Stop() error {
	r.stop.Store(true)
	return r.all.Wait()
}
