package maintenance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Name is the Lease's name.
const Name = "glusterfs-maintenance"

const (
	// duration is how long others leave a Lease alone that is not renewed. It is as long as that of the keeper's own Lease: an API
	// server that restarts must end nothing.
	duration = time.Minute
	// deadline is how long a holder goes on who cannot renew it. The rest is for what he has sent by then.
	deadline = 45 * time.Second
	// interval is how often it is renewed.
	interval = 5 * time.Second
	// bound is how long it may be tried to renew it. Without an answer, it is tried again.
	bound = 10 * time.Second
)

// ErrLost is why a holder's context has ended: another one may have the Lease.
var ErrLost = errors.New("lost the Lease " + Name)

// HeldError is that another one holds the Lease.
type HeldError struct {
	// Holder is the other one's identity.
	Holder    string
	Namespace string
	Since     time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s holds the Lease %s/%s since %s", e.Holder, e.Namespace, Name, e.Since.UTC().Format(time.RFC3339))
}

// Lease is the Lease, as one of those sees it who may hold it. Take, Release and Abandon are called one at a time.
type Lease struct {
	lock *resourcelock.LeaseLock

	// mu is held during a request.
	mu sync.Mutex
	// seen is what the API server had last, and seenAt when that was seen first. It is this clock alone that counts.
	seen   string
	seenAt time.Time
	// tenure is nil while the Lease is not held.
	tenure *tenure
}

// New returns the Lease of a namespace. The identity is told to those who wait. A holder of the same identity counts as the same one, such
// as one that was killed and started again.
func New(client coordinationv1.LeasesGetter, namespace, identity string) *Lease {
	return &Lease{lock: &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: namespace, Name: Name},
		Client:     client,
		LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
	}}
}

// Take takes the Lease, or makes sure that it is held still. From then on it is renewed until Release or Abandon. The context that it returns
// ends with ctx, and with a cause that is ErrLost once another one may hold the Lease. The error is a HeldError if another one does. One who
// has not renewed it for as long as it is for does not hold it any more.
func (l *Lease) Take(ctx context.Context) (held context.Context, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // It may be what Take has returned, and lost since.
	}
	begun := time.Now()
	if err = l.renew(ctx); apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		err = l.renew(ctx) // Another one was faster, and has it now.
	}
	if err != nil {
		return nil, err
	}
	if l.tenure != nil && l.tenure.held.Err() != nil {
		l.tenure.end()
		l.tenure = nil
	}
	if l.tenure == nil {
		l.tenure = l.newTenure(ctx)
	}
	l.tenure.extend(begun)
	return l.tenure.held, nil
}

// renew takes the Lease, or renews it.
func (l *Lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	now := metav1.Now()
	next := resourcelock.LeaderElectionRecord{
		HolderIdentity: l.lock.Identity(), LeaseDurationSeconds: int(duration / time.Second), AcquireTime: now, RenewTime: now,
	}
	found, text, err := l.lock.Get(ctx)
	switch {
	case apierrors.IsNotFound(err) && l.tenure == nil:
		err = l.lock.Create(ctx, next)
	case err == nil && found.HolderIdentity == next.HolderIdentity:
		next.AcquireTime, next.LeaderTransitions = found.AcquireTime, found.LeaderTransitions
		err = l.lock.Update(ctx, next)
	// Somebody else has had it meanwhile, or somebody has deleted it so that others get it.
	case (err == nil || apierrors.IsNotFound(err)) && l.tenure != nil:
		l.tenure.lose()
		l.tenure = nil
		return ErrLost
	case err == nil:
		if l.isHeld(*found, string(text)) {
			return l.heldBy(*found)
		}
		next.LeaderTransitions = found.LeaderTransitions + 1
		err = l.lock.Update(ctx, next)
	}
	if err != nil {
		return fmt.Errorf("cannot take the Lease %s: %w", l.lock.Describe(), err)
	}
	return nil
}

// isHeld says whether another one holds the Lease, and has renewed it lately.
func (l *Lease) isHeld(found resourcelock.LeaderElectionRecord, text string) bool {
	if text != l.seen {
		l.seen, l.seenAt = text, time.Now()
	}
	return found.HolderIdentity != "" && time.Since(l.seenAt) < time.Duration(found.LeaseDurationSeconds)*time.Second
}

// Holder says who has the Lease, since when, and when he has renewed it last; it is empty if nobody has it. Whether he is still there shows only
// with time.
func (l *Lease) Holder(ctx context.Context) (said string, err error) {
	found, _, err := l.lock.Get(ctx)
	if apierrors.IsNotFound(err) || err == nil && found.HolderIdentity == "" {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("cannot read the Lease %s: %w", l.lock.Describe(), err)
	}
	return fmt.Sprintf("%v, and renewed it last at %s", l.heldBy(*found), found.RenewTime.UTC().Format(time.RFC3339)), nil
}

func (l *Lease) heldBy(found resourcelock.LeaderElectionRecord) *HeldError {
	return &HeldError{Holder: found.HolderIdentity, Namespace: l.lock.LeaseMeta.Namespace, Since: found.AcquireTime.Time}
}

// Release gives the Lease back, if it is held. If that fails, it has to expire.
func (l *Lease) Release(ctx context.Context) error {
	if !l.Abandon() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	found, _, err := l.lock.Get(ctx)
	if err == nil && found.HolderIdentity == l.lock.Identity() {
		found.HolderIdentity, found.LeaseDurationSeconds = "", 1
		err = l.lock.Update(ctx, *found)
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot give back the Lease %s, which expires after %s: %w", l.lock.Describe(), duration, err)
	}
	return nil
}

// Abandon renews the Lease no more, so that it expires, and says whether it was held.
func (l *Lease) Abandon() (was bool) {
	l.mu.Lock()
	tenure := l.tenure
	l.tenure = nil
	l.mu.Unlock()
	if tenure == nil {
		return false
	}
	tenure.end()
	<-tenure.ended
	return true
}
