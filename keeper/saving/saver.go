package saving

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/database"
)

// pause is how long a save waits before it is tried again.
const pause = 500 * time.Millisecond

// Config says what is saved, and where.
type Config struct {
	// Read returns the database as it is.
	Read func(context.Context) ([]byte, error)
	// Write saves it, unless it is what was saved last.
	Write func(context.Context, []byte) error
	// Check has the next Write save again what is not there any more as it was saved.
	Check func(context.Context) error
	// Bound is how long a save may take, with all its tries.
	Bound time.Duration
	// Observe is told of each save how long it took, and whether it failed.
	Observe func(took time.Duration, err error)
	// Lost is called when somebody else has the database, so that nothing can be saved any more.
	Lost func(error)
}

// Saver saves the database. It is safe for concurrent use.
type Saver struct {
	config Config

	mu sync.Mutex
	// next is the save that has not begun; nil if there is none.
	next *save
	// failed is why the last save has failed.
	failed error

	// turn has room for the one save that is under way.
	turn chan struct{}
	// ended is closed when no save begins any more.
	ended chan struct{}
}

// errEnded is that heketi has ended, whose database it was.
var errEnded = errors.New("heketi has ended")

// save is one for all who wait for it.
type save struct {
	done chan struct{}
	err  error
}

// New returns a saver.
func New(config Config) *Saver {
	return &Saver{config: config, turn: make(chan struct{}, 1), ended: make(chan struct{})}
}

// Save waits until the database is saved as it is now, or as it is a moment later.
func (s *Saver) Save(ctx context.Context) error {
	joined := s.join()
	select {
	case <-joined.done:
		return joined.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// End waits until the save has ended that is under way. No other one begins. It is called once.
func (s *Saver) End() {
	close(s.ended)
	s.turn <- struct{}{}
	<-s.turn
}

// Ready returns why nothing can be saved at present. If the last save has failed, it tries again.
func (s *Saver) Ready(ctx context.Context) error {
	s.mu.Lock()
	failed := s.failed
	s.mu.Unlock()
	if failed == nil {
		return nil
	}
	return s.Save(ctx)
}

// checkEvery is in how many intervals it is looked once whether what was saved is still there. That reads all of it.
const checkEvery = 6

// Watch saves at intervals what has changed though nobody asked for it, such as by an operation whose
// client is gone, or what somebody has deleted of what was saved, until the context ends.
func (s *Saver) Watch(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for interval := 1; ; interval++ {
		select {
		case <-ticker.C:
			if interval%checkEvery == 0 {
				s.Check(ctx)
			}
			_ = s.Save(ctx) // It is told of where it fails.
		case <-ctx.Done():
			return
		}
	}
}

// Check looks whether what was saved is still there. If it is not, the next save saves it again, though nothing has changed.
func (s *Saver) Check(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Bound)
	defer cancel()
	err := s.config.Check(ctx)
	if err == nil {
		return
	}
	klog.ErrorS(err, "Cannot see whether what was saved is still there")
	if errors.Is(err, database.ErrTaken) {
		s.config.Lost(err)
	}
}

// join returns the save that has not begun.
func (s *Saver) join() *save {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = &save{done: make(chan struct{})}
		go s.run(s.next)
	}
	return s.next
}

func (s *Saver) run(one *save) {
	defer close(one.done)
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	select {
	case <-s.ended:
		one.err = errEnded
		return
	default:
	}
	s.mu.Lock()
	s.next = nil // Who comes from now on may have changed what has been read already.
	s.mu.Unlock()

	begun := time.Now()
	one.err = s.try()
	s.config.Observe(time.Since(begun), one.err)
	s.mu.Lock()
	s.failed = one.err
	s.mu.Unlock()
	if one.err == nil {
		return
	}
	klog.ErrorS(one.err, "The database is not saved")
	if errors.Is(one.err, database.ErrTaken) {
		s.config.Lost(one.err)
	}
}

// try saves, again and again until it succeeds or the bound is reached.
func (s *Saver) try() error {
	// It belongs to all who wait for it, and goes on when one of them does not any more.
	ctx, cancel := context.WithTimeout(context.Background(), s.config.Bound)
	defer cancel()
	for {
		err := s.once(ctx)
		if err == nil || errors.Is(err, database.ErrTaken) {
			return err
		}
		select {
		case <-s.ended:
			return err
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func (s *Saver) once(ctx context.Context) error {
	data, err := s.config.Read(ctx)
	if err != nil {
		return fmt.Errorf("cannot read heketi's database: %w", err)
	}
	return s.config.Write(ctx, data)
}
