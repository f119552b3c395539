package keeper

import (
	"context"
	"fmt"
	"time"

	"k8s.io/klog/v2"
)

// asks is how often heketi is asked within the time that it may give no answer.
const asks = 6

// listening is how often heketi is asked, and how long it may take for that answer.
func (k *Keeper) listening() time.Duration { return max(k.config.Silence/asks, time.Millisecond) }

// silence tells by the channel when heketi has given no answer for as long as it may. It runs then, and does nothing any more, such as when
// a transaction of its database waits for another one for ever.
func (k *Keeper) silence(ctx context.Context) <-chan error {
	silent := make(chan error, 1)
	go func() {
		ticker := time.NewTicker(k.listening())
		defer ticker.Stop()
		for heard := time.Now(); ; {
			err := k.hear(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err == nil:
				heard = time.Now()
			case time.Since(heard) >= k.config.Silence:
				silent <- fmt.Errorf("heketi has given no answer for %v, and is killed: %w", k.config.Silence, err)
				return
			default:
				klog.ErrorS(err, "heketi gives no answer")
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return silent
}

// hear asks heketi for something that it has in its database.
func (k *Keeper) hear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.listening())
	defer cancel()
	_, err := k.heketi.InFlight(ctx)
	return err
}
