package saving

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glusterfs-provisioner/keeper/database"
)

const bound = 10 * time.Second

// scene has a database that is a number, and a place where it is saved.
type scene struct {
	*Saver
	mu       sync.Mutex
	database byte
	saved    []byte
	// slow is how long a write takes, and fails what it fails with.
	slow  time.Duration
	fails error
	lost  []error
	// gone is what looking for what was saved ends with, and looks how often it was looked.
	gone  error
	looks int
}

func play(t *testing.T, test func(*testing.T, *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{slow: time.Second}
		s.Saver = New(Config{Read: s.read, Write: s.write, Check: s.check, Bound: bound, Observe: func(time.Duration, error) {}, Lost: func(err error) { s.lost = append(s.lost, err) }})
		test(t, s)
	})
}

func (s *scene) change() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.database++
}

func (s *scene) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

func (s *scene) read(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []byte{s.database}, nil
}

func (s *scene) check(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	return s.gone
}

func (s *scene) write(_ context.Context, data []byte) error {
	time.Sleep(s.slow)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails == nil {
		s.saved = append(s.saved, data[0])
	}
	return s.fails
}

// TestEachWaitsForItsOwnChange has many change the database while it is being saved.
func TestEachWaitsForItsOwnChange(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				s.change()
				s.mu.Lock()
				changed := s.database
				s.mu.Unlock()
				if err := s.Save(t.Context()); err != nil {
					t.Error(err)
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				if last := s.saved[len(s.saved)-1]; last < changed {
					t.Errorf("change %d counts as saved, and %d is", changed, last)
				}
			})
		}
		all.Wait()
		if len(s.saved) > 4 {
			t.Errorf("20 changes within 2 s cost %d saves of 1 s", len(s.saved))
		}
	})
}

func TestASaveIsTriedAgain(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.slow = 0
		s.fail(errors.New("away"))
		time.AfterFunc(bound/2, func() { s.fail(nil) })
		if err := s.Save(t.Context()); err != nil {
			t.Error(err)
		}
		s.fail(errors.New("away"))
		begun := time.Now()
		if err := s.Save(t.Context()); err == nil || time.Since(begun) > bound+pause {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		if s.Ready(t.Context()) == nil {
			t.Error("it is ready though nothing can be saved")
		}
		s.fail(nil)
		if err := s.Ready(t.Context()); err != nil || !slices.Equal(s.saved, []byte{0, 0}) {
			t.Errorf("it is not ready: %v, saved %v", err, s.saved)
		}
		if len(s.lost) > 0 {
			t.Errorf("it was lost: %v", s.lost)
		}
	})
}

func TestADatabaseThatIsTakenIsLost(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.fail(fmt.Errorf("no: %w", database.ErrTaken))
		begun := time.Now()
		if err := s.Save(t.Context()); !errors.Is(err, database.ErrTaken) || time.Since(begun) != s.slow {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		synctest.Wait()
		if len(s.lost) != 1 {
			t.Errorf("it was lost %d times", len(s.lost))
		}
	})
}

func TestWatchSavesWhatNobodyAskedFor(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		ctx, cancel := context.WithCancel(t.Context())
		go s.Watch(ctx, 10*time.Second)
		s.change()
		time.Sleep(12 * time.Second)
		s.mu.Lock()
		if !slices.Equal(s.saved, []byte{1}) {
			t.Errorf("saved is %v", s.saved)
		}
		s.mu.Unlock()
		cancel()
		synctest.Wait()
	})
}

// TestWatchSeesThatTheDatabaseIsTaken changes nothing. That somebody else has what was saved is seen all the same.
func TestWatchSeesThatTheDatabaseIsTaken(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		ctx, cancel := context.WithCancel(t.Context())
		go s.Watch(ctx, 10*time.Second)
		time.Sleep(checkEvery*10*time.Second + 5*time.Second)
		s.mu.Lock()
		if s.looks != 1 || len(s.lost) > 0 {
			t.Errorf("it was looked %d times, and lost %d times", s.looks, len(s.lost))
		}
		s.gone = fmt.Errorf("no: %w", database.ErrTaken)
		s.mu.Unlock()
		time.Sleep(checkEvery * 10 * time.Second)
		cancel()
		synctest.Wait()
		if len(s.lost) != 1 {
			t.Errorf("it was lost %d times", len(s.lost))
		}
	})
}

// TestEndWaitsForTheSave ends while one is saved, after which the database may be another's.
func TestEndWaitsForTheSave(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.change()
		first := make(chan error, 1)
		go func() { first <- s.Save(t.Context()) }()
		synctest.Wait()
		begun := time.Now()
		go func() { _ = s.Save(t.Context()) }() // It has not begun.
		s.End()
		if err := <-first; err != nil || time.Since(begun) != s.slow {
			t.Errorf("after %v the save that was under way has ended with %v", time.Since(begun), err)
		}
		s.change()
		if err := s.Save(t.Context()); !errors.Is(err, errEnded) || !slices.Equal(s.saved, []byte{1}) {
			t.Errorf("then it saves %v with error %v", s.saved, err)
		}
	})
}
